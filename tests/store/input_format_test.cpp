// SPDX-License-Identifier: Apache-2.0
#include "store/input_format.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace aml::store {
namespace {

std::vector<std::string> header(const std::string& line) {
  std::vector<std::string> names;
  std::istringstream in(line);
  for (std::string name; std::getline(in, name, ',');) names.push_back(name);
  return names;
}

/// Bronze column -> the file's columns that fill it, for one dataset of a recognised file.
std::map<std::string, std::string> filled(const std::string& line, std::size_t dataset = 0,
                                          InputFormat wanted = InputFormat::kAuto) {
  const auto names = header(line);
  const auto plan = std::get<FilePlan>(recognise(names, wanted));
  std::map<std::string, std::string> columns;
  for (const auto& source : plan.datasets.at(dataset).columns) {
    std::string text;
    for (const auto position : source.positions)
      text += (text.empty() ? "" : "+") + names[position];
    columns[std::string(source.column)] = text;
  }
  return columns;
}

Dataset dataset_of(const std::string& line) {
  return std::get<FilePlan>(recognise(header(line), InputFormat::kAuto)).dataset();
}

std::string why_unknown(const std::string& line, InputFormat wanted = InputFormat::kAuto) {
  return std::get<UnknownHeader>(recognise(header(line), wanted)).why;
}

using Columns = std::map<std::string, std::string>;

TEST(InputFormat, EachDatasetOfTheAmlFormatIsRecognisedByItsColumns) {
  EXPECT_EQ(dataset_of("transfer_id,booked_at,from_account,to_account,amount,currency,type"),
            Dataset::kTransfers);
  EXPECT_EQ(dataset_of("booked_at,from_account,to_account,amount"), Dataset::kTransfers);
  EXPECT_EQ(dataset_of("account_id,party_id,kind,currency,country,opened_on"), Dataset::kAccounts);
  EXPECT_EQ(dataset_of("account_id,party_id"), Dataset::kAccounts);
  EXPECT_EQ(dataset_of("account_id"), Dataset::kAccounts);
  EXPECT_EQ(dataset_of("party_id,name,kind,country,base_risk,address,email,phone"),
            Dataset::kParties);
  EXPECT_EQ(dataset_of("party_id"), Dataset::kParties);
  EXPECT_EQ(dataset_of("currency,rate_date,rate"), Dataset::kFxRates);
}

TEST(InputFormat, NamesAreComparedWithoutCaseAndBlanksInAnyOrderAndByTheirSynonyms) {
  EXPECT_EQ(filled(" Amount,TO_ACCOUNT,from ,Timestamp,transaction_id"),
            (Columns{{"transfer_id", "transaction_id"},
                     {"booked_at", "Timestamp"},
                     {"from_account", "from "},
                     {"to_account", "TO_ACCOUNT"},
                     {"amount", " Amount"}}));
}

TEST(InputFormat, UnknownColumnsAreRescuedUnderAKeyOfTheirOwn) {
  const auto plan = std::get<FilePlan>(recognise(
      header("booked_at,note,from_account,to_account,amount,note,,x"), InputFormat::kAml));
  std::map<std::string, std::size_t> keys;
  for (const auto& column : plan.rescued) keys[column.key] = column.position;
  EXPECT_EQ(keys,
            (std::map<std::string, std::size_t>{
                {"note (column 2)", 1}, {"note (column 6)", 5}, {" (column 7)", 6}, {"x", 7}}));
}

/// One of two values under one key would be lost.
TEST(InputFormat, TheKeyOfARepeatedColumnIsNotTheNameOfAnother) {
  const auto plan = std::get<FilePlan>(recognise(
      header("booked_at,from_account,to_account,amount,x,x,x (column 6)"), InputFormat::kAml));
  std::map<std::string, std::size_t> keys;
  for (const auto& column : plan.rescued) keys[column.key] = column.position;
  EXPECT_EQ(keys, (std::map<std::string, std::size_t>{
                      {"x (column 5)", 4}, {"x (column 6) (column 6)", 5}, {"x (column 6)", 6}}));
}

TEST(InputFormat, AmlsimAccountsGiveAnAccountAndAPartyAndKeepTheRest) {
  const std::string line =
      "acct_id,dsply_nm,type,acct_stat,acct_rptng_crncy,prior_sar_count,branch_id,open_dt,close_dt,"
      "initial_deposit,"
      "tx_behavior_id,bank_id,first_name,last_name,street_addr,city,state,country,zip,gender,birth_"
      "date,ssn,lon,lat";
  EXPECT_EQ(filled(line, 0), (Columns{{"account_id", "acct_id"},
                                      {"party_id", "acct_id"},
                                      {"currency", "acct_rptng_crncy"},
                                      {"country", "country"}}));
  EXPECT_EQ(filled(line, 1), (Columns{{"party_id", "acct_id"},
                                      {"name", "first_name+last_name"},
                                      {"kind", "type"},
                                      {"country", "country"},
                                      {"address", "street_addr+city+state+zip+country"}}));
  const auto plan = std::get<FilePlan>(recognise(header(line), InputFormat::kAmlsim));
  EXPECT_EQ(plan.format, InputFormat::kAmlsim);
  EXPECT_TRUE(std::ranges::any_of(
      plan.rescued, [](const auto& column) { return column.key == "prior_sar_count"; }));
}

TEST(InputFormat, AmlsimLabelsNeverFillAColumn) {
  const std::string line =
      "tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp,is_sar,alert_id";
  EXPECT_EQ(filled(line), (Columns{{"transfer_id", "tran_id"},
                                   {"booked_at", "tran_timestamp"},
                                   {"from_account", "orig_acct"},
                                   {"to_account", "bene_acct"},
                                   {"amount", "base_amt"},
                                   {"type", "tx_type"}}));
  for (const std::string labels :
       {"alert_id,alert_type,acct_id,acct_name,is_sar,model_id,start,end,schedule_id,bank_id",
        "alert_id,alert_type,is_sar,tran_id,orig_acct,bene_acct,tx_type,base_amt,tran_timestamp",
        "ALERT_ID,ACCOUNT_ID,CUSTOMER_ID,EVENT_DATE,ALERT_TYPE,ACCOUNT_TYPE,IS_SAR"}) {
    EXPECT_TRUE(std::holds_alternative<IgnoredFile>(recognise(header(labels), InputFormat::kAuto)))
        << labels;
  }
}

const std::string kAmlworldTransfers =
    "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,Amount Paid,"
    "Payment Currency,Payment Format,Is Laundering";

TEST(InputFormat, AmlworldNamesAnAccountByItsBankAndTheAccountColumnOfItsSide) {
  EXPECT_EQ(filled(kAmlworldTransfers), (Columns{{"booked_at", "Timestamp"},
                                                 {"from_account", "From Bank+Account"},
                                                 {"to_account", "To Bank+Account"},
                                                 {"amount", "Amount Paid"},
                                                 {"currency", "Payment Currency"},
                                                 {"type", "Payment Format"}}));
  const auto plan = std::get<FilePlan>(recognise(header(kAmlworldTransfers), InputFormat::kAuto));
  EXPECT_EQ(plan.format, InputFormat::kAmlworld);
  EXPECT_EQ(plan.datasets.at(0).columns.at(1).positions, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(plan.datasets.at(0).columns.at(2).positions, (std::vector<std::size_t>{3, 4}));
  std::string rescued;
  for (const auto& column : plan.rescued) rescued += column.key + ';';
  EXPECT_EQ(rescued, "Amount Received;Receiving Currency;Is Laundering;");
}

TEST(InputFormat, AmlworldAccountsGiveAnAccountAndAParty) {
  const std::string line = "Bank Name,Bank ID,Account Number,Entity ID,Entity Name";
  EXPECT_EQ(filled(line, 0),
            (Columns{{"account_id", "Bank ID+Account Number"}, {"party_id", "Entity ID"}}));
  EXPECT_EQ(filled(line, 1), (Columns{{"party_id", "Entity ID"}, {"name", "Entity Name"}}));
}

TEST(InputFormat, AmlworldPatternsAreLabels) {
  const std::vector<std::string> first{
      "BEGIN LAUNDERING ATTEMPT - FAN-OUT:  Max 16-degree Fan-Out"};
  EXPECT_TRUE(std::holds_alternative<IgnoredFile>(recognise(first, InputFormat::kAuto)));
  EXPECT_TRUE(std::holds_alternative<IgnoredFile>(recognise(first, InputFormat::kAmlworld)));
  EXPECT_TRUE(std::holds_alternative<UnknownHeader>(recognise(first, InputFormat::kAml)));
}

TEST(InputFormat, OfAJoinedColumnThePartThatIsMissingIsNamed) {
  const auto why = why_unknown("Timestamp,From Bank,Account,To Bank,Amount Paid,Payment Currency");
  EXPECT_NE(why.find("missing: account, payment format"), std::string::npos) << why;
}

TEST(InputFormat, OneCommonNameAmongUnknownOnesIsNotEnough) {
  EXPECT_FALSE(why_unknown("TXN_ID,ACCOUNT_ID,BRANCH_ID,TXN_AMOUNT_ORIG").empty());
  EXPECT_FALSE(why_unknown("typology,instance,entity_kind,entity_id,role,transfer_id").empty());
}

TEST(InputFormat, AnUnknownHeaderIsExplainedWithWhatWasPerhapsMeant) {
  EXPECT_EQ(why_unknown("transfer_id,booked_at,from_account,toaccount,ammount"),
            "the header line fits no file that can be loaded\n"
            "  columns found: transfer_id, booked_at, from_account, toaccount, ammount\n"
            "  expected for transfers: "
            "transfer_id,booked_at,from_account,to_account,amount,currency,type\n"
            "  missing: to_account (is it \"toaccount\"?), amount (is it \"ammount\"?)");
  EXPECT_EQ(why_unknown("x,y"),
            "the header line fits no file that can be loaded\n  columns found: x, y\n"
            "  expected a header line such as "
            "transfer_id,booked_at,from_account,to_account,amount,currency,type");
}

TEST(InputFormat, AWantedFormatLeavesTheOthersOut) {
  EXPECT_NE(
      why_unknown("booked_at,from_account,to_account,amount", InputFormat::kAmlsim).find("tran_id"),
      std::string::npos);
  EXPECT_FALSE(why_unknown("tran_id,orig_acct,bene_acct,base_amt,tran_timestamp", InputFormat::kAml)
                   .empty());
}

TEST(InputFormat, AColumnUnderTwoNamesIsRefused) {
  EXPECT_EQ(
      why_unknown("booked_at,date,from_account,to_account,amount"),
      "the header line names one column of transfers twice: booked_at, date\n  keep one of them");
}

}  // namespace
}  // namespace aml::store
