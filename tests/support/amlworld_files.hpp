// SPDX-License-Identifier: Apache-2.0
// A handful of made-up rows in the format of IBM's AMLworld, with every trap of the real files.
#pragma once

#include <string_view>

namespace aml::test {

inline constexpr std::string_view kAmlworldTransfersHeader =
    "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
    "Payment Currency,Payment Format,Is Laundering\n";

/// An account pays itself (2); money goes round in three currencies, yen with hundredths (3 to 5);
/// two accounts of different banks have one number (4); what is received is in another currency
/// than what is paid (6); three rows are equal but for the mark (7 to 9); an attempt that is not in
/// the order of time (9, 10) and holds a payment to oneself (11); laundering in no attempt (12); an
/// account that the accounts file does not know (7).
inline constexpr std::string_view kAmlworldTransfers =
    "2022/09/01 00:20,010,8000EBD30,010,8000EBD30,3697.34,US Dollar,3697.34,US "
    "Dollar,Reinvestment,0\n"
    "2022/09/01 01:00,010,8000EBD30,001,80A7FD400,10000.00,US Dollar,10000.00,US Dollar,ACH,1\n"
    "2022/09/01 09:00,001,80A7FD400,0210,80A7FD400,8500.00,Euro,8500.00,Euro,ACH,1\n"
    "2022/09/02 08:00,0210,80A7FD400,010,8000EBD30,1053000.57,Yen,1053000.57,Yen,ACH,1\n"
    "2022/09/02 10:00,000,800073EF0,020,80BC62F10,1188.20,US Dollar,0.100001,Bitcoin,Bitcoin,0\n"
    "2022/09/03 12:00,070,8012345C0,020,80BC62F10,500.00,Ruble,500.00,Ruble,Cheque,0\n"
    "2022/09/03 12:00,070,8012345C0,020,80BC62F10,500.00,Ruble,500.00,Ruble,Cheque,1\n"
    "2022/09/03 12:00,070,8012345C0,020,80BC62F10,500.00,Ruble,500.00,Ruble,Cheque,1\n"
    "2022/08/30 23:59,020,80BC62F10,000,800073EF0,400.00,Yuan,400.00,Yuan,ACH,1\n"
    "2022/09/04 07:00,000,800073EF0,000,800073EF0,60.00,UK Pound,60.00,UK Pound,ACH,1\n"
    "2022/09/05 13:00,001,80A7FD400,000,800073EF0,75.10,Swiss Franc,75.10,Swiss Franc,Credit "
    "Card,1\n";

/// Without zeros before the banks, and with two accounts of each of two parties.
inline constexpr std::string_view kAmlworldAccounts =
    "Bank Name,Bank ID,Account Number,Entity ID,Entity Name\n"
    "National Bank of Laramie,10,8000EBD30,80062E240,Sole Proprietorship #50438\n"
    "Arbor Savings Bank,1,80A7FD400,800C998A0,Corporation #33520\n"
    "Canada Bank #27,210,80A7FD400,800DAA850,Partnership #31380\n"
    "Italy Bank #18,0,800073EF0,800C998A0,Corporation #33520\n"
    "China Bank #6,20,80BC62F10,80062E240,Sole Proprietorship #50438\n";

inline constexpr std::string_view kAmlworldPatterns =
    "BEGIN LAUNDERING ATTEMPT - CYCLE:  Max 3 hops\n"
    "2022/09/01 01:00,010,8000EBD30,001,80A7FD400,10000.00,US Dollar,10000.00,US Dollar,ACH,1\n"
    "2022/09/01 09:00,001,80A7FD400,0210,80A7FD400,8500.00,Euro,8500.00,Euro,ACH,1\n"
    "2022/09/02 08:00,0210,80A7FD400,010,8000EBD30,1053000.57,Yen,1053000.57,Yen,ACH,1\n"
    "END LAUNDERING ATTEMPT - CYCLE\n"
    "\n"
    "BEGIN LAUNDERING ATTEMPT - FAN-IN:  Max 1-degree Fan-In\n"
    "2022/09/03 12:00,070,8012345C0,020,80BC62F10,500.00,Ruble,500.00,Ruble,Cheque,1\n"
    "END LAUNDERING ATTEMPT - FAN-IN\n"
    "\n"
    "BEGIN LAUNDERING ATTEMPT - STACK\n"
    "2022/09/03 12:00,070,8012345C0,020,80BC62F10,500.00,Ruble,500.00,Ruble,Cheque,1\n"
    "2022/08/30 23:59,020,80BC62F10,000,800073EF0,400.00,Yuan,400.00,Yuan,ACH,1\n"
    "2022/09/04 07:00,000,800073EF0,000,800073EF0,60.00,UK Pound,60.00,UK Pound,ACH,1\n"
    "END LAUNDERING ATTEMPT - STACK\n";

}  // namespace aml::test
