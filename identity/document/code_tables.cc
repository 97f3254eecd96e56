#include "identity/document/code_tables.h"

#include <algorithm>
#include <array>

namespace shiming::identity {
namespace {

struct Province {
  std::string_view code;
  ProvinceOwner owner;
};

struct Country {
  std::string_view numeric;
  std::string_view alpha3;
};

constexpr Province kProvinces[] = {
#define PROVINCE(code, owner, zh, en) {code, ProvinceOwner::owner},
#include "identity/document/provinces.inc"
#undef PROVINCE
};

// In order of the numeric code.
constexpr Country kCountries[] = {
#define COUNTRY(numeric, alpha3, en) {numeric, alpha3},
#include "identity/document/countries.inc"
#undef COUNTRY
};

constexpr std::string_view kEthnicGroups[] = {
#define ETHNIC_GROUP(code, zh, en) code,
#include "identity/document/ethnic_groups.inc"
#undef ETHNIC_GROUP
};

static_assert(std::size(kCountries) == 249);
static_assert(std::size(kEthnicGroups) == 58);

}  // namespace

std::optional<ProvinceOwner> ProvinceOwnerOf(std::string_view code) {
  for (const Province& province : kProvinces) {
    if (province.code == code) return province.owner;
  }
  return std::nullopt;
}

const std::vector<std::string_view>& ResidentProvinces() {
  static const auto& codes = *[] {
    auto* result = new std::vector<std::string_view>;
    for (const Province& province : kProvinces) {
      if (province.owner == ProvinceOwner::kResident) {
        result->push_back(province.code);
      }
    }
    return result;
  }();
  return codes;
}

bool IsCountryAlpha3(std::string_view alpha3) {
  return std::any_of(
      std::begin(kCountries), std::end(kCountries),
      [alpha3](const Country& country) { return country.alpha3 == alpha3; });
}

std::string_view CountryAlpha3(std::string_view numeric) {
  const auto* found =
      std::lower_bound(std::begin(kCountries), std::end(kCountries), numeric,
                       [](const Country& country, std::string_view wanted) {
                         return country.numeric < wanted;
                       });
  if (found == std::end(kCountries) || found->numeric != numeric) return {};
  return found->alpha3;
}

bool IsEthnicGroup(std::string_view code) {
  return std::find(std::begin(kEthnicGroups), std::end(kEthnicGroups), code) !=
         std::end(kEthnicGroups);
}

}  // namespace shiming::identity
