#include "tools/shimingctl/repair_approval.h"

#include <cstdio>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/keys.h"
#include "common/crypto/secret.h"
#include "common/crypto/x509.h"
#include "common/files/file.h"
#include "common/rpc/peer.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "tools/shimingctl/connection.h"
#include "tools/shimingctl/repair_plan.h"

namespace shiming::shimingctl {
namespace {

using storage::v1::RepairApproval;

// With the zero byte behind it.
constexpr std::string_view kLabel{"shiming/repair-approval/v1\0", 27};
constexpr size_t kAdmins = 2;

std::string SignedBytesOf(const std::string& digest) {
  return std::string(kLabel) + digest;
}

absl::Status NotApproved(std::string_view why) {
  return MakeError(Reason::REPAIR_NOT_APPROVED, why);
}

// Whoever signed, when the signature and the certificate hold.
absl::StatusOr<rpc::Peer> CheckOne(const std::string& digest,
                                   const RepairApproval& approval,
                                   const AdminTrust& trust) {
  if (approval.signed_() != SignedBytesOf(digest)) {
    return NotApproved("an approval is of another plan");
  }
  const std::string& certificate = approval.certificate();
  if (!crypto::CheckClientChain(certificate, trust.anchors, trust.now).ok()) {
    return NotApproved("a certificate does not chain to the service's CA");
  }
  const absl::StatusOr<std::string> uri = crypto::SpiffeIdOf(certificate);
  if (!uri.ok()) return NotApproved("a certificate names nobody");
  const absl::StatusOr<rpc::Peer> peer =
      rpc::ParseSpiffeId(*uri, trust.trust_domain);
  if (!peer.ok() || peer->role != rpc::Role::kAdmin) {
    return NotApproved("a certificate is not an admin's");
  }
  const absl::StatusOr<crypto::VerifyKey> key =
      crypto::PublicKeyOfCertificate(certificate);
  if (!key.ok() ||
      !key->Verify(approval.signed_(), approval.signature()).ok()) {
    return NotApproved("a signature is not by the certificate's key");
  }
  rpc::Peer admin = *peer;
  admin.key_hash = key->Hash();
  return admin;
}

}  // namespace

absl::StatusOr<RepairApproval> SignPlan(const std::string& digest,
                                        const std::string& certificate_file,
                                        const std::string& key_file) {
  RepairApproval approval;
  ASSIGN_OR_RETURN(*approval.mutable_certificate(), ReadFile(certificate_file));
  ASSIGN_OR_RETURN(std::string pem, ReadFile(key_file));
  const absl::StatusOr<crypto::SigningKey> key =
      crypto::SigningKey::FromPem(pem);
  crypto::WipeString(pem);
  RETURN_IF_ERROR(key.status());
  ASSIGN_OR_RETURN(const crypto::VerifyKey certified,
                   crypto::PublicKeyOfCertificate(approval.certificate()));
  if (!(certified == key->Public())) {
    return absl::InvalidArgumentError(
        absl::StrCat(key_file, " is not the key of ", certificate_file));
  }
  approval.set_signed_(SignedBytesOf(digest));
  ASSIGN_OR_RETURN(*approval.mutable_signature(),
                   key->Sign(approval.signed_()));
  return approval;
}

absl::StatusOr<std::vector<std::string>> CheckApprovals(
    const std::string& digest, const std::vector<RepairApproval>& approvals,
    const AdminTrust& trust) {
  if (approvals.size() != kAdmins) {
    return NotApproved("two approvals are needed");
  }
  std::vector<std::string> names;
  std::set<std::string> ids;
  std::set<std::string> keys;
  for (const RepairApproval& approval : approvals) {
    ASSIGN_OR_RETURN(const rpc::Peer admin, CheckOne(digest, approval, trust));
    names.push_back("/admin/" + admin.id);
    ids.insert(admin.id);
    keys.insert(admin.key_hash);
  }
  if (ids.size() != kAdmins || keys.size() != kAdmins) {
    return NotApproved("one admin has signed twice");
  }
  return names;
}

absl::StatusOr<RepairApproval> ReadApproval(const std::string& file) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  RepairApproval approval;
  if (!approval.ParseFromString(bytes) || approval.signed_().empty()) {
    return absl::InvalidArgumentError(file + " is no approval of a repair");
  }
  return approval;
}

absl::Status RunStorageApprove(Arguments& arguments) {
  ASSIGN_OR_RETURN(const std::string plan_file, arguments.Word(2, "plan"));
  ASSIGN_OR_RETURN(const std::string admin, arguments.Required("as"));
  ASSIGN_OR_RETURN(const config::v1::CtlConfig config,
                   LoadCtlConfig(arguments));
  const std::string stem = absl::StrCat(config.pki_dir(), "/admin/", admin);
  const std::string certificate = arguments.Option("cert", stem + ".crt");
  const std::string key = arguments.Option("key", stem + ".key");
  const std::string out =
      arguments.Option("out", absl::StrCat(plan_file, ".", admin, ".approval"));
  RETURN_IF_ERROR(arguments.CheckAllUsed());
  ASSIGN_OR_RETURN(const StoredPlan plan, ReadPlan(plan_file));
  PrintPlan(plan);
  ASSIGN_OR_RETURN(const RepairApproval approval,
                   SignPlan(plan.Digest(), certificate, key));
  RETURN_IF_ERROR(
      ReplaceFile(out, approval.SerializeAsString(), FileAccess::kEveryone));
  printf("signed: %s\n", out.c_str());
  return absl::OkStatus();
}

}  // namespace shiming::shimingctl
