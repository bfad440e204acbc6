// SPDX-License-Identifier: Apache-2.0
#include "scenarios/generator_names.hpp"

#include <array>

namespace aml::scenarios::generator {
namespace {

using Words = std::string_view;

constexpr std::array<Words, 56> kFirstNames = {
    "Anna",    "Ben",   "Carla",   "David", "Elena",  "Felix",  "Grace",  "Hugo",
    "Irene",   "Jack",  "Karin",   "Liam",  "Maria",  "Noah",   "Olivia", "Paul",
    "Qiang",   "Rosa",  "Samuel",  "Tara",  "Uma",    "Victor", "Wanda",  "Xenia",
    "Yusuf",   "Zoë",   "Amir",    "Bella", "Chen",   "Dora",   "Emil",   "Fatima",
    "George",  "Hana",  "Ivan",    "Julia", "Kenji",  "Lucía",  "Marcus", "Nadia",
    "Oscar",   "Priya", "Quentin", "Ruth",  "Stefan", "Teresa", "Ulrich", "Vera",
    "William", "Yara",  "Zachary", "Aisha", "Bruno",  "Clara",  "Dmitri", "Esther"};

constexpr std::array<Words, 72> kLastNames = {
    "Smith",    "Johnson",   "Williams", "Brown",    "Jones",    "García",   "Miller", "Davis",
    "Martínez", "Hernández", "López",    "Wilson",   "Anderson", "Thomas",   "Taylor", "Moore",
    "Jackson",  "Martin",    "Lee",      "Pérez",    "Thompson", "White",    "Harris", "Sánchez",
    "Clark",    "Ramírez",   "Lewis",    "Robinson", "Walker",   "Young",    "Allen",  "King",
    "Wright",   "Scott",     "Torres",   "Nguyen",   "Hill",     "Flores",   "Green",  "Adams",
    "Nelson",   "Baker",     "Hall",     "Rivera",   "Campbell", "Mitchell", "Carter", "Roberts",
    "Müller",   "Schmidt",   "Dubois",   "Rossi",    "Kowalski", "Novák",    "Jensen", "O'Brien",
    "Murphy",   "Patel",     "Khan",     "Singh",    "Chen",     "Wang",     "Tanaka", "Kim",
    "Okafor",   "Mensah",    "Haddad",   "Yılmaz",   "Popescu",  "Silva",    "Santos", "Ivanova"};

constexpr std::array<Words, 40> kCompanyWords = {
    "Harbor",   "Summit",   "Maple",     "Granite",  "Silver",  "Northern", "Lakeside",  "Cedar",
    "Orchard",  "Beacon",   "Copper",    "Falcon",   "Meadow",  "Pioneer",  "Atlas",     "Juniper",
    "Crescent", "Delta",    "Evergreen", "Foxglove", "Golden",  "Hilltop",  "Ironwood",  "Keystone",
    "Lantern",  "Magnolia", "Nova",      "Olympic",  "Prairie", "Quarry",   "Riverside", "Sterling",
    "Timber",   "Union",    "Valley",    "Willow",   "Zenith",  "Amber",    "Bluebird",  "Coastal"};

constexpr std::array<Words, 10> kShopKinds = {"Bakery", "Books", "Café",   "Deli",     "Flowers",
                                              "Garage", "Grill", "Market", "Pharmacy", "Hardware"};
constexpr std::array<Words, 6> kChainKinds = {"Supermarkets", "Fuel",    "Home Stores",
                                              "Electronics",  "Fashion", "Online"};
constexpr std::array<Words, 10> kServiceKinds = {
    "Plumbing", "Consulting", "Design",   "Logistics",   "Roofing",
    "Catering", "Cleaning",   "Software", "Landscaping", "Dental Practice"};
constexpr std::array<Words, 5> kWholesaleKinds = {"Wholesale", "Trading", "Foods Supply",
                                                  "Building Materials", "Imports"};
constexpr std::array<Words, 5> kEmployerKinds = {"Manufacturing", "Hospitals", "School District",
                                                 "Insurance Services", "Shipping"};
constexpr std::array<Words, 4> kLegalForms = {"LLC", "Inc.", "Ltd", "Corp."};

constexpr std::array<Words, 64> kStreets = {
    "High",       "Main",    "Church",    "Park",    "Oak",     "Pine",    "Maple",   "Cedar",
    "Elm",        "Walnut",  "Chestnut",  "Spruce",  "Willow",  "Birch",   "Ash",     "Poplar",
    "Lake",       "Hill",    "River",     "Mill",    "Spring",  "Valley",  "Forest",  "Meadow",
    "Bridge",     "Market",  "Station",   "School",  "College", "Library", "Garden",  "Orchard",
    "Victoria",   "Albert",  "King",      "Queen",   "Prince",  "Duke",    "Castle",  "Abbey",
    "Washington", "Adams",   "Jefferson", "Madison", "Monroe",  "Jackson", "Lincoln", "Grant",
    "North",      "South",   "East",      "West",    "First",   "Second",  "Third",   "Fourth",
    "Sunset",     "Sunrise", "Harbor",    "Ocean",   "Bay",     "Cliff",   "Canyon",  "Prairie"};
constexpr std::array<Words, 4> kStreetWords = {"Street", "Avenue", "Road", "Lane"};

constexpr std::uint32_t kHouses = 180;  // in each street
constexpr std::array<Words, 3> kDomains = {"example.com", "example.net", "example.org"};

struct City {
  Words name;
  std::uint32_t first_postcode;
};
constexpr std::array<City, 16> kCities = {{{"Springfield", 10000},
                                           {"Fairview", 15000},
                                           {"Riverton", 20000},
                                           {"Greenville", 25000},
                                           {"Bristol", 30000},
                                           {"Clinton", 35000},
                                           {"Georgetown", 40000},
                                           {"Salem", 45000},
                                           {"Madison", 50000},
                                           {"Arlington", 55000},
                                           {"Ashland", 60000},
                                           {"Dover", 65000},
                                           {"Hudson", 70000},
                                           {"Kingston", 75000},
                                           {"Milton", 80000},
                                           {"Newport", 85000}}};

/// How often each abbreviation is met on letters: word, short form.
constexpr std::array<std::array<Words, 2>, 4> kAbbreviations = {
    {{"Street", "St."}, {"Avenue", "Ave."}, {"Road", "Rd."}, {"Lane", "Ln."}}};

void replace_first(std::string& text, Words from, Words to) {
  if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

std::string to_upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

/// Lower-case letters and digits of ASCII; letters with accents are left out as mail systems want
/// it.
std::string mail_word(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

std::string padded(std::uint32_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
}

}  // namespace

PersonName person_name(Random& random) {
  const Words first = random.pick(kFirstNames);
  return {first, random.pick(kLastNames)};
}

std::string company_name(Random& random, Trade trade) {
  const std::string word(random.pick(kCompanyWords));
  const std::string last(random.pick(kLastNames));
  const std::string form(random.pick(kLegalForms));
  switch (trade) {
    case Trade::kShop: {
      const std::string kind(random.pick(kShopKinds));
      if (random.chance(250'000)) return last + "'s " + kind;
      if (random.chance(150'000)) return '"' + word + "\" " + kind;
      return word + ' ' + kind;
    }
    case Trade::kChain:
      return word + ' ' + std::string(random.pick(kChainKinds)) + ' ' + form;
    case Trade::kService: {
      const std::string kind(random.pick(kServiceKinds));
      if (random.chance(300'000))
        return last + ", " + std::string(random.pick(kLastNames)) + " & Sons " + kind;
      return word + ' ' + kind + ' ' + form;
    }
    case Trade::kWholesale:
      return word + ' ' + std::string(random.pick(kWholesaleKinds)) + ' ' + form;
    case Trade::kEmployer:
      return word + ' ' + std::string(random.pick(kEmployerKinds));
  }
  return {};
}

std::string address(std::uint32_t number) {
  const std::uint32_t house = number % kHouses + 1;
  std::uint32_t rest = number / kHouses;
  const Words street = kStreets[rest % kStreets.size()];
  const Words word = kStreetWords[rest % kStreets.size() % kStreetWords.size()];
  rest /= static_cast<std::uint32_t>(kStreets.size());
  const City& city = kCities[rest % kCities.size()];
  const auto postcode = city.first_postcode + rest / static_cast<std::uint32_t>(kCities.size());
  return std::to_string(house) + ' ' + std::string(street) + ' ' + std::string(word) + ", " +
         std::string(city.name) + ' ' + std::to_string(postcode);
}

std::string phone(std::uint32_t number, std::string_view country) {
  // An odd factor without 5 permutes the numbers below 10 million, so that neighbours get unlike
  // numbers.
  const auto digits = static_cast<std::uint32_t>(number * std::uint64_t{7'654'321} % 10'000'000);
  const Words prefix = country == "GB" ? "+44 7555 " : country == "US" ? "+1 555 " : "+49 1555 ";
  return std::string(prefix) + padded(digits / 10'000, 3) + ' ' + padded(digits % 10'000, 4);
}

std::string email(const PersonName& name, std::uint32_t number) {
  return mail_word(name.first) + '.' + mail_word(name.last) + std::to_string(number) + '@' +
         std::string(kDomains[number % kDomains.size()]);
}

std::string company_email(std::string_view company, std::uint32_t number) {
  return "office@" + mail_word(company) + std::to_string(number) + ".example";
}

std::string respell_address(Random& random, std::string_view address) {
  std::string out(address);
  for (const auto& [word, abbreviation] : kAbbreviations) {
    const std::string in_address = ' ' + std::string(word) + ',';
    replace_first(out, in_address, ' ' + std::string(abbreviation) + ',');
  }
  if (random.chance(300'000)) return to_upper(out);
  if (random.chance(300'000)) replace_first(out, ",", "");
  return out;
}

std::string respell_phone(Random& random, std::string_view phone) {
  const std::size_t country_end = phone.find(' ');
  const std::size_t area_end = phone.find(' ', country_end + 1);
  std::string country(phone.substr(0, country_end));
  const std::string area(phone.substr(country_end + 1, area_end - country_end - 1));
  std::string rest(phone.substr(area_end + 1));
  switch (random.below(3)) {
    case 0:
      replace_first(rest, " ", "-");
      return country + " (" + area + ") " + rest;
    case 1:
      replace_first(country, "+", "00");
      return country + area + rest;
    default:
      replace_first(rest, " ", ".");
      return country + '.' + area + '.' + rest;
  }
}

std::string respell_email(Random& random, std::string_view email) {
  if (random.chance(400'000)) return to_upper(email);
  std::string out(email);
  out[0] = to_upper(email.substr(0, 1))[0];
  return out;
}

}  // namespace aml::scenarios::generator
