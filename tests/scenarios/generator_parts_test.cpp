// SPDX-License-Identifier: Apache-2.0
// The generator's calendar, exchange rates, random draws and spelling.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "scenarios/generator_calendar.hpp"
#include "scenarios/generator_files.hpp"
#include "scenarios/generator_names.hpp"
#include "scenarios/generator_random.hpp"
#include "tests/scenarios/generated_bank.hpp"

namespace aml::scenarios::generator {
namespace {

DayNumber number_of(const char* date) {
  return static_cast<DayNumber>(test::days_of(date));
}

Day day(const char* date) {
  return day_of(number_of(date));
}

TEST(GeneratorCalendar, ReadsAndWritesDates) {
  for (const char* date : {"1971-01-01", "2000-02-29", "2023-12-31", "2200-12-31"}) {
    const auto number = parse_date(date);
    EXPECT_EQ(number, number_of(date));
    std::string text;
    append_time(text, number_of(date) * kDay + 3 * kHour + Seconds{4} * 60 + 5);
    EXPECT_EQ(text, std::string(date) + "T03:04:05Z");
  }
}

TEST(GeneratorCalendar, WagesOfAFreeDayArePaidOnTheWorkingDayBefore) {
  // 2024-03-31 was a Sunday, 2024-06-15 a Saturday.
  EXPECT_TRUE(day("2024-03-29").is_payday(31));
  EXPECT_TRUE(day("2024-03-29").is_payday(29));
  EXPECT_TRUE(day("2024-06-14").is_payday(15));
  EXPECT_FALSE(day("2024-06-17").is_payday(15));
  EXPECT_EQ(day("2024-03-31").paydays, 0U);
  EXPECT_TRUE(day("2023-02-28").is_payday(31)) << "the last day of a short month";
}

TEST(GeneratorCalendar, BillsOfAFreeDayArePaidOnTheWorkingDayAfter) {
  // 2024-06-01 was a Saturday.
  EXPECT_TRUE(day("2024-06-03").is_bill_day(1));
  EXPECT_TRUE(day("2024-06-03").is_bill_day(3));
  EXPECT_FALSE(day("2024-05-31").is_bill_day(1));
  EXPECT_EQ(day("2024-06-01").bill_days, 0U);
}

TEST(GeneratorCalendar, EachPaydayAndBillDayComesOnceAMonth) {
  const DayNumber first = number_of("2024-01-01");
  for (int of_month = 3; of_month <= 31; ++of_month) {
    int paydays = 0, bill_days = 0;
    for (DayNumber number = first; number < first + 366; ++number) {
      paydays += day_of(number).is_payday(of_month) ? 1 : 0;
      bill_days += day_of(number).is_bill_day(of_month) ? 1 : 0;
    }
    EXPECT_EQ(paydays, 12) << of_month;
    if (of_month <= 27) {
      EXPECT_EQ(bill_days, 12) << of_month;
    }
  }
}

TEST(GeneratorFxRates, AmountsComeBackAtTheRateOfTheDay) {
  const DayNumber first = number_of("2024-01-01");
  const FxRates rates(first, 400, 9);
  for (const Currency currency : {Currency::kEur, Currency::kGbp}) {
    std::set<std::int64_t> seen;
    for (DayNumber number = first; number < first + 400; ++number) {
      const std::int64_t rate = rates.rate(currency, number);
      seen.insert(rate);
      EXPECT_GT(rate, 10'000);
      EXPECT_LT(rate, 14'000);
      const std::int64_t foreign = rates.from_us_cents(999'999, currency, number);
      EXPECT_NEAR(static_cast<double>(foreign * rate) / 10'000, 999'999, 1);
    }
    EXPECT_GT(seen.size(), 50U);
  }
  EXPECT_EQ(rates.from_us_cents(123, Currency::kUsd, first), 123);
  EXPECT_EQ(rates.from_us_cents(0, Currency::kGbp, first), 1);
}

TEST(GeneratorRandom, StreamsAreRepeatableAndUnrelated) {
  Random random(1, Stream::kPlanted);
  Random again(1, Stream::kPlanted);
  Random other(1, Stream::kDays);
  std::set<std::uint32_t> draws;
  int equal = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::uint32_t draw = random.next();
    EXPECT_EQ(draw, again.next());
    equal += draw == other.next() ? 1 : 0;
    draws.insert(draw);
  }
  EXPECT_GE(draws.size(), 999U);
  EXPECT_LE(equal, 1);
}

TEST(GeneratorRandom, UniformDrawsStayInsideAndReachBothEnds) {
  Random random(3, Stream::kPlanted);
  std::array<int, 5> seen{};
  for (int i = 0; i < 50'000; ++i) {
    const std::int64_t value = random.between(-2, 2);
    ASSERT_GE(value, -2);
    ASSERT_LE(value, 2);
    ++seen[static_cast<std::size_t>(value + 2)];
  }
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 500);
}

TEST(GeneratorRandom, LogNormalHasItsMedianAndSpread) {
  Random random(4, Stream::kPlanted);
  for (const std::int64_t sigma_permille : {100, 500, 1'150}) {
    std::vector<double> logs(40'000);
    for (double& log : logs)
      log = std::log(static_cast<double>(random.log_normal(1'000'000, sigma_permille)));
    std::ranges::sort(logs);
    const double sigma = static_cast<double>(sigma_permille) / 1'000;
    EXPECT_NEAR(logs[20'000], std::log(1e6), 0.03 * sigma + 0.005);
    EXPECT_NEAR(logs[33'654] - logs[20'000], sigma, 0.04 * sigma) << "one sigma above";
    EXPECT_NEAR(logs[20'000] - logs[6'346], sigma, 0.04 * sigma) << "one sigma below";
  }
}

TEST(GeneratorRandom, ZipfFavoursTheFirstRanksInProportion) {
  Random random(5, Stream::kPlanted);
  const ZipfRanks ranks(100);
  std::vector<int> seen(100);
  for (int i = 0; i < 100'000; ++i) ++seen.at(ranks.draw(random));
  const double first = 100'000 / 5.18738;  // the 100th harmonic number
  EXPECT_NEAR(seen[0], first, 400);
  EXPECT_NEAR(seen[9], first / 10, 150);
  EXPECT_GT(seen[99], 0);
}

TEST(GeneratorNames, AddressesAndTelephoneNumbersDifferForEachNumber) {
  std::set<std::string> addresses, phones;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    addresses.insert(address(i));
    phones.insert(phone(i, "US"));
  }
  EXPECT_EQ(addresses.size(), 200'000U);
  EXPECT_EQ(phones.size(), 200'000U);
}

TEST(GeneratorNames, RespellingKeepsLettersAndDigits) {
  const auto letters = [](const std::string& text) {
    std::string out;
    for (const char c : text)
      if (std::isalnum(static_cast<unsigned char>(c)) != 0)
        out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
  };
  Random random(6, Stream::kPlanted);
  for (std::uint32_t i = 0; i < 200; ++i) {
    const std::string mail = email({"Anna", "O'Brien"}, i), number = phone(i, "GB");
    EXPECT_NE(respell_email(random, mail), mail);
    EXPECT_EQ(letters(respell_email(random, mail)), letters(mail));
    const std::string respelled = respell_phone(random, number);
    EXPECT_NE(respelled, number);
    const std::string digits = letters(respelled);
    EXPECT_EQ(digits.starts_with("00") ? digits.substr(2) : digits, letters(number));
    EXPECT_NE(respell_address(random, address(i)), address(i));
  }
}

TEST(GeneratorFiles, FieldsWithCommasAndQuotesAreQuoted) {
  std::string line;
  append_csv(line, "plain");
  line += ',';
  append_csv(line, "a, b");
  line += ',';
  append_csv(line, "the \"Nova\" Café");
  EXPECT_EQ(line, "plain,\"a, b\",\"the \"\"Nova\"\" Café\"");
}

TEST(GeneratorFiles, AmountsHaveTwoDecimals) {
  for (const auto& [minor, text] : {std::pair<std::int64_t, const char*>{1, "0.01"},
                                    {100, "1.00"},
                                    {123'456'789'012, "1234567890.12"}}) {
    std::string out;
    append_amount(out, minor);
    EXPECT_EQ(out, text);
  }
}

TEST(GeneratorFiles, AnUnpublishedFileLeavesNothing) {
  const aml::test::TemporaryFolder folder;
  const std::string path = (folder.path() / "x.csv").string();
  { CsvFile file(path, "a,b"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  {
    CsvFile file(path, "a,b");
    file.text() += "1,2\n";
    file.finish();
    file.publish();
  }
  EXPECT_EQ(aml::test::read_text(path), "a,b\n1,2\n");
}

}  // namespace
}  // namespace aml::scenarios::generator
