// Goal: a plan is approved by two admins and by nothing less.
#include "tools/shimingctl/repair_approval.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/crypto/keys.h"
#include "common/crypto/x509.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/testing/temp_dir.h"
#include "tools/shimingctl/repair_plan.h"

namespace shiming::shimingctl {
namespace {

using storage::v1::RepairApproval;

class RepairApprovalTest : public ::testing::Test {
 protected:
  // A certificate of `authority` for "<role>/<id>" with a key of this name, as
  // files.
  std::string Identity(const crypto::CertificateAuthority& authority,
                       const std::string& path, const std::string& key_name,
                       const std::string& domain = "shiming.test") {
    const std::string stem = absl::StrCat(folder_.path(), "/", ++identities_);
    const std::string key_file =
        absl::StrCat(folder_.path(), "/", key_name, ".key");
    if (!ReadFile(key_file).ok()) {
      const crypto::SigningKey fresh = *crypto::SigningKey::GenerateP256();
      EXPECT_TRUE(
          ReplaceFile(key_file, fresh.ToPem().Reveal(), FileAccess::kOwner)
              .ok());
    }
    const crypto::SigningKey key =
        *crypto::SigningKey::FromPem(*ReadFile(key_file));
    EXPECT_TRUE(
        ReplaceFile(stem + ".key", key.ToPem().Reveal(), FileAccess::kOwner)
            .ok());
    const absl::StatusOr<std::string> certificate = authority.Issue(
        key.Public(), {.common_name = "somebody",
                       .uri = absl::StrCat("spiffe://", domain, "/", path),
                       .not_before = now_ - absl::Hours(1),
                       .not_after = now_ + absl::Hours(1)});
    EXPECT_TRUE(certificate.ok());
    EXPECT_TRUE(
        ReplaceFile(stem + ".crt", *certificate, FileAccess::kEveryone).ok());
    return stem;
  }

  RepairApproval Sign(const std::string& stem) {
    const absl::StatusOr<RepairApproval> approval =
        SignPlan(digest_, stem + ".crt", stem + ".key");
    EXPECT_TRUE(approval.ok()) << approval.status();
    return approval.ok() ? *approval : RepairApproval();
  }

  absl::StatusOr<std::vector<std::string>> Check(
      const std::vector<RepairApproval>& approvals) {
    return CheckApprovals(digest_, approvals,
                          {.anchors = ca_.CertificatePem(),
                           .trust_domain = "shiming.test",
                           .now = now_});
  }

  bool Refuses(const std::vector<RepairApproval>& approvals) {
    return HasReason(Check(approvals).status(), Reason::REPAIR_NOT_APPROVED);
  }

  const absl::Time now_ = absl::Now();
  const crypto::CertificateAuthority ca_ =
      *crypto::CertificateAuthority::Create("Test CA", now_ - absl::Hours(2),
                                            now_ + absl::Hours(2));
  testing::TempDir folder_;
  const std::string digest_ = DigestOf("a plan");
  int identities_ = 0;
};

TEST_F(RepairApprovalTest, TwoAdminsAreNamedInOrder) {
  const RepairApproval one = Sign(Identity(ca_, "admin/one", "a"));
  const RepairApproval two = Sign(Identity(ca_, "admin/two", "b"));
  const auto admins = Check({one, two});
  ASSERT_TRUE(admins.ok()) << admins.status();
  EXPECT_EQ(*admins, (std::vector<std::string>{"/admin/one", "/admin/two"}));
}

TEST_F(RepairApprovalTest, OneAdminIsNotEnough) {
  const std::string one = Identity(ca_, "admin/one", "a");
  EXPECT_TRUE(Refuses({}));
  EXPECT_TRUE(Refuses({Sign(one)}));
  EXPECT_TRUE(Refuses({Sign(one), Sign(one)}));
  // With another key, and under another name with the same key.
  EXPECT_TRUE(Refuses({Sign(one), Sign(Identity(ca_, "admin/one", "b"))}));
  EXPECT_TRUE(Refuses({Sign(one), Sign(Identity(ca_, "admin/two", "a"))}));
}

TEST_F(RepairApprovalTest, OthersAreNoAdmins) {
  const RepairApproval one = Sign(Identity(ca_, "admin/one", "a"));
  EXPECT_TRUE(Refuses({one, Sign(Identity(ca_, "officer/two", "b"))}));
  EXPECT_TRUE(Refuses({one, Sign(Identity(ca_, "svc/terminal_session", "c"))}));
  EXPECT_TRUE(
      Refuses({one, Sign(Identity(ca_, "admin/two", "d", "other.test"))}));
  const crypto::CertificateAuthority other =
      *crypto::CertificateAuthority::Create("Test CA", now_ - absl::Hours(2),
                                            now_ + absl::Hours(2));
  EXPECT_TRUE(Refuses({one, Sign(Identity(other, "admin/two", "e"))}));
}

TEST_F(RepairApprovalTest, AnotherPlanIsNotApproved) {
  const RepairApproval one = Sign(Identity(ca_, "admin/one", "a"));
  RepairApproval two = Sign(Identity(ca_, "admin/two", "b"));
  EXPECT_TRUE(HasReason(CheckApprovals(DigestOf("another plan"), {one, two},
                                       {.anchors = ca_.CertificatePem(),
                                        .trust_domain = "shiming.test",
                                        .now = now_})
                            .status(),
                        Reason::REPAIR_NOT_APPROVED));
  two.set_signature(one.signature());
  EXPECT_TRUE(Refuses({one, two}));
}

TEST_F(RepairApprovalTest, ExpiredCertificateSignsNothing) {
  const RepairApproval one = Sign(Identity(ca_, "admin/one", "a"));
  const RepairApproval two = Sign(Identity(ca_, "admin/two", "b"));
  EXPECT_TRUE(HasReason(CheckApprovals(digest_, {one, two},
                                       {.anchors = ca_.CertificatePem(),
                                        .trust_domain = "shiming.test",
                                        .now = now_ + absl::Minutes(90)})
                            .status(),
                        Reason::REPAIR_NOT_APPROVED));
}

TEST_F(RepairApprovalTest, KeyMustBeTheCertificates) {
  const std::string one = Identity(ca_, "admin/one", "a");
  const std::string two = Identity(ca_, "admin/two", "b");
  EXPECT_EQ(SignPlan(digest_, one + ".crt", two + ".key").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace shiming::shimingctl
