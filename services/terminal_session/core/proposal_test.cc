#include "services/terminal_session/core/proposal.h"

#include <gtest/gtest.h>

#include <functional>

#include "common/crypto/digest.h"
#include "common/crypto/fake_random.h"
#include "common/crypto/keys.h"
#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

using terminal::v1::ProposalContent;

class ProposalTest : public testing::Test {
 protected:
  // The reason and field with which `content` is refused; "" when it is not.
  std::string Refusal(const ProposalContent& content) {
    const auto checked = CheckProposal(content, box_);
    if (checked.ok()) return "";
    const auto reason = ReasonOf(checked.status());
    return std::string(reason.has_value() ? NameOf(*reason) : "none") + " " +
           PartsOf(checked.status()).field;
  }

  static ProposalContent Shop() {
    ProposalContent content;
    terminal::v1::Shop& shop = *content.mutable_shop();
    shop.set_shop_id("sh-1");
    shop.set_name("人民路营业厅");
    shop.set_region("31");
    shop.set_always_open(true);
    shop.add_network_zones("127.0.0.0/8");
    return content;
  }
  ProposalContent Terminal() {
    ProposalContent content;
    terminal::v1::Terminal& terminal = *content.mutable_terminal();
    terminal.set_shop_id("sh-1");
    terminal.set_terminal_id("t1");
    terminal.set_tls_public_key(tls_key_.PublicDer());
    terminal.set_evidence_public_key(evidence_key_.PublicDer());
    return content;
  }
  ProposalContent Display() {
    ProposalContent content;
    terminal::v1::Display& display = *content.mutable_display();
    display.set_shop_id("sh-1");
    display.set_display_id("d1");
    display.set_terminal_id("t1");
    display.set_tls_public_key(tls_key_.PublicDer());
    return content;
  }
  static ProposalContent Clerk() {
    ProposalContent content;
    terminal::v1::Clerk& clerk = *content.mutable_clerk();
    clerk.set_clerk_id("wang");
    clerk.set_shop_id("sh-1");
    clerk.set_role(ClerkRole::CLERK_ROLE_CLERK);
    clerk.set_password_hash("$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA");
    clerk.set_totp_seed(std::string(20, 's'));
    return content;
  }

  crypto::FakeRandom random_{1};
  CredentialBox box_{crypto::Secret(std::string(32, 'k')), random_};
  crypto::SigningKey tls_key_ = *crypto::SigningKey::GenerateEd25519();
  crypto::SigningKey evidence_key_ = *crypto::SigningKey::GenerateP256();
};

TEST_F(ProposalTest, GoodOnesNameTheirSubject) {
  const auto shop = CheckProposal(Shop(), box_);
  ASSERT_TRUE(shop.ok()) << shop.status();
  EXPECT_EQ(shop->kind, SubjectKind::SUBJECT_KIND_SHOP);
  EXPECT_EQ(shop->subject_id, "sh-1");
  const auto terminal = CheckProposal(Terminal(), box_);
  ASSERT_TRUE(terminal.ok()) << terminal.status();
  EXPECT_EQ(terminal->subject_id, "sh-1/t1");
  const auto display = CheckProposal(Display(), box_);
  ASSERT_TRUE(display.ok()) << display.status();
  EXPECT_EQ(display->subject_id, "sh-1/d1");
  const auto clerk = CheckProposal(Clerk(), box_);
  ASSERT_TRUE(clerk.ok()) << clerk.status();
  EXPECT_EQ(clerk->subject_id, "wang");
  EXPECT_EQ(clerk->shop_id, "sh-1");
}

TEST_F(ProposalTest, TheDigestIsThatOfTheStoredBytes) {
  const auto shop = CheckProposal(Shop(), box_);
  ASSERT_TRUE(shop.ok());
  EXPECT_EQ(shop->stored_bytes, Shop().SerializeAsString());
  EXPECT_EQ(shop->digest, crypto::Sha256(shop->stored_bytes));
}

TEST_F(ProposalTest, ASeedIsStoredEncryptedAndOpensForItsClerkOnly) {
  const auto clerk = CheckProposal(Clerk(), box_);
  ASSERT_TRUE(clerk.ok());
  const std::string& sealed = clerk->content.clerk().totp_seed();
  EXPECT_EQ(sealed[0], '\x01');  // international suite
  EXPECT_EQ(clerk->stored_bytes.find(Clerk().clerk().totp_seed()),
            std::string::npos);
  const auto seed = box_.Open("wang", sealed);
  ASSERT_TRUE(seed.ok());
  EXPECT_EQ(seed->Reveal(), Clerk().clerk().totp_seed());
  EXPECT_FALSE(box_.Open("li", sealed).ok());
}

TEST_F(ProposalTest, CredentialsAreNotShown) {
  const ProposalContent shown = WithoutCredentials(Clerk());
  EXPECT_EQ(shown.clerk().clerk_id(), "wang");
  EXPECT_EQ(shown.clerk().password_hash(), "");
  EXPECT_EQ(shown.clerk().totp_seed(), "");
}

TEST_F(ProposalTest, PinsTheHashesOfAllKeys) {
  EXPECT_EQ(PinnedKeys(Terminal()),
            (std::vector<std::string>{tls_key_.Public().Hash(),
                                      evidence_key_.Public().Hash()}));
  EXPECT_EQ(PinnedKeys(Display()),
            std::vector<std::string>{tls_key_.Public().Hash()});
  EXPECT_TRUE(PinnedKeys(Shop()).empty());
}

TEST_F(ProposalTest, TheTwoKeysOfATerminalDiffer) {
  ProposalContent content = Terminal();
  content.mutable_terminal()->set_tls_public_key(evidence_key_.PublicDer());
  EXPECT_EQ(Refusal(content), "SAME_KEY content.terminal.evidence_public_key");
}

TEST_F(ProposalTest, EvidenceKeysAreP256) {
  ProposalContent content = Terminal();
  content.mutable_terminal()->set_evidence_public_key(
      crypto::SigningKey::GenerateEd25519()->PublicDer());
  EXPECT_EQ(Refusal(content),
            "BAD_PUBLIC_KEY content.terminal.evidence_public_key");
}

// Goal: each field's own limit is seen, with its path. Method: one change each
// to a good proposal.
TEST_F(ProposalTest, RefusesWhatIsMalformed) {
  struct Case {
    ProposalContent content;
    std::function<void(ProposalContent&)> change;
    std::string refusal;
  };
  const std::vector<Case> cases = {
      {{}, [](auto&) {}, "FIELD_REQUIRED content"},
      {Shop(), [](auto& c) { c.mutable_shop()->clear_shop_id(); },
       "FIELD_REQUIRED content.shop.shop_id"},
      {Shop(), [](auto& c) { c.mutable_shop()->set_shop_id("Shop"); },
       "INVALID_REQUEST content.shop.shop_id"},
      {Shop(),
       [](auto& c) { c.mutable_shop()->set_shop_id(std::string(33, 'a')); },
       "FIELD_TOO_LONG content.shop.shop_id"},
      {Shop(), [](auto& c) { c.mutable_shop()->clear_name(); },
       "FIELD_REQUIRED content.shop.name"},
      {Shop(),
       [](auto& c) { c.mutable_shop()->set_name(std::string(61, 'n')); },
       "FIELD_TOO_LONG content.shop.name"},
      {Shop(), [](auto& c) { c.mutable_shop()->set_region("10"); },
       "INVALID_REQUEST content.shop.region"},
      {Shop(), [](auto& c) { c.mutable_shop()->clear_network_zones(); },
       "FIELD_REQUIRED content.shop.network_zones"},
      {Shop(), [](auto& c) { c.mutable_shop()->add_network_zones("10.0.0.0"); },
       "BAD_NETWORK_ZONE content.shop.network_zones[1]"},
      {Shop(),
       [](auto& c) { c.mutable_shop()->add_opening_hours()->set_weekday(9); },
       "INVALID_REQUEST content.shop.opening_hours[0].weekday"},
      {Terminal(),
       [](auto& c) { c.mutable_terminal()->set_tls_public_key("key"); },
       "BAD_PUBLIC_KEY content.terminal.tls_public_key"},
      {Terminal(),
       [](auto& c) { c.mutable_terminal()->clear_evidence_public_key(); },
       "FIELD_REQUIRED content.terminal.evidence_public_key"},
      {Display(), [](auto& c) { c.mutable_display()->clear_terminal_id(); },
       "FIELD_REQUIRED content.display.terminal_id"},
      {Clerk(), [](auto& c) { c.mutable_clerk()->clear_role(); },
       "INVALID_REQUEST content.clerk.role"},
      {Clerk(),
       [](auto& c) {
         c.mutable_clerk()->set_password_hash(
             "$argon2id$v=19$m=1048576,t=9,p=1$c2FsdA$aGFzaA");
       },
       "INVALID_REQUEST content.clerk.password_hash"},
      {Clerk(), [](auto& c) { c.mutable_clerk()->set_totp_seed("short"); },
       "INVALID_REQUEST content.clerk.totp_seed"},
  };
  for (const Case& test : cases) {
    ProposalContent content = test.content;
    test.change(content);
    EXPECT_EQ(Refusal(content), test.refusal);
  }
}

TEST_F(ProposalTest, SixtyChineseCharactersAreANameNotTooLong) {
  ProposalContent content = Shop();
  std::string name;
  for (int i = 0; i < 60; ++i) name += "厅";
  content.mutable_shop()->set_name(name);
  EXPECT_EQ(Refusal(content), "");
  content.mutable_shop()->set_name(name + "厅");
  EXPECT_EQ(Refusal(content), "FIELD_TOO_LONG content.shop.name");
}

}  // namespace
}  // namespace shiming::terminal_session
