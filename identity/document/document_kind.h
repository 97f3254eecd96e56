// Kinds of identity document that an ID-card reader can read.
#ifndef SHIMING_IDENTITY_DOCUMENT_DOCUMENT_KIND_H_
#define SHIMING_IDENTITY_DOCUMENT_DOCUMENT_KIND_H_

#include <optional>
#include <string_view>
#include <vector>

namespace shiming::identity {

// Values as in shiming.identity.v1.DocumentKind; they are stored and stand in
// the ledger, so they never change.
enum class DocumentKind {
  kResidentId = 1,
  kHmtResidencePermit = 2,
  kForeignPr2017 = 3,
  kForeignPr2023 = 4,
};

// All kinds in the order of their values.
const std::vector<DocumentKind>& AllDocumentKinds();

// "RESIDENT_ID", "HMT_RESIDENCE_PERMIT", "FOREIGN_PR_2017", "FOREIGN_PR_2023".
std::string_view NameOf(DocumentKind kind);

// The reverse of NameOf; nullopt for another name.
std::optional<DocumentKind> DocumentKindByName(std::string_view name);

}  // namespace shiming::identity

#endif  // SHIMING_IDENTITY_DOCUMENT_DOCUMENT_KIND_H_
