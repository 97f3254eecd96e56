#include "identity/document/document_kind.h"

namespace shiming::identity {

const std::vector<DocumentKind>& AllDocumentKinds() {
  static const auto& all = *new std::vector<DocumentKind>{
      DocumentKind::kResidentId, DocumentKind::kHmtResidencePermit,
      DocumentKind::kForeignPr2017, DocumentKind::kForeignPr2023};
  return all;
}

std::string_view NameOf(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::kResidentId:
      return "RESIDENT_ID";
    case DocumentKind::kHmtResidencePermit:
      return "HMT_RESIDENCE_PERMIT";
    case DocumentKind::kForeignPr2017:
      return "FOREIGN_PR_2017";
    case DocumentKind::kForeignPr2023:
      return "FOREIGN_PR_2023";
  }
  return "";
}

std::optional<DocumentKind> DocumentKindByName(std::string_view name) {
  for (DocumentKind kind : AllDocumentKinds()) {
    if (NameOf(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace shiming::identity
