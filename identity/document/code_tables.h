// Code tables that stand behind document numbers and card blocks: provinces,
// countries, ethnic groups. All functions are thread-safe and cannot fail.
#ifndef SHIMING_IDENTITY_DOCUMENT_CODE_TABLES_H_
#define SHIMING_IDENTITY_DOCUMENT_CODE_TABLES_H_

#include <optional>
#include <string_view>
#include <vector>

namespace shiming::identity {

// Whose numbers begin with a province code.
enum class ProvinceOwner {
  // Resident cards; also the place of acceptance in foreigners' numbers.
  kResident,
  // Residence permits of Hong Kong, Macao and Taiwan residents (81, 82, 83).
  kPermit,
  // A division for which no number is known to be issued (71).
  kNone,
};

// Owner of a two-digit province code (GB/T 2260-2007 and 83); nullopt when it
// is not listed.
std::optional<ProvinceOwner> ProvinceOwnerOf(std::string_view code);

// The codes of resident cards ("11" ... "65"), in ascending order.
const std::vector<std::string_view>& ResidentProvinces();

// True for a three-letter country code of ISO 3166-1, upper case.
bool IsCountryAlpha3(std::string_view alpha3);

// The three-letter code of a three-digit one (ISO 3166-1); empty when it is
// not listed.
std::string_view CountryAlpha3(std::string_view numeric);

// True for a two-digit code of GB/T 3304 as printed on resident cards: 01 to
// 56, 97 and 98.
bool IsEthnicGroup(std::string_view code);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_CODE_TABLES_H_
