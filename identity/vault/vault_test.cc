#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "common/crypto/fake_random.h"
#include "common/files/file.h"
#include "identity/document/card_block_builder.h"
#include "identity/vault/file_keyring.h"
#include "identity/vault/person_vault.h"

namespace shiming::identity {
namespace {

using crypto::Secret;
using crypto::Suite;

class VaultTest : public testing::TestWithParam<Suite> {
 protected:
  VaultTest() {
    std::string pattern = testing::TempDir() + "/vault_XXXXXX";
    path_ = std::string(mkdtemp(pattern.data())) + "/keyring";
    EXPECT_TRUE(FileKeyring::CreateFile(path_, GetParam(), random_).ok());
  }

  crypto::FakeRandom random_{1};
  std::string path_;
};

TEST_P(VaultTest, WrapsAndUnwrapsForTheSameOwnerOnly) {
  const auto keyring = FileKeyring::Load(path_, random_);
  ASSERT_TRUE(keyring.ok()) << keyring.status();
  const PersonVault vault(**keyring, random_);
  const Secret key = vault.NewDataKey();
  const auto wrapped = vault.Wrap(key, "p1");
  ASSERT_TRUE(wrapped.ok());
  EXPECT_TRUE(vault.Unwrap(*wrapped, "p1")->Equals(key));
  EXPECT_EQ(vault.Unwrap(*wrapped, "p2").status().code(),
            absl::StatusCode::kDataLoss);
  for (size_t i = 0; i < wrapped->size(); ++i) {
    std::string changed = *wrapped;
    changed[i] ^= 1;
    EXPECT_FALSE(vault.Unwrap(changed, "p1").ok()) << i;
    EXPECT_FALSE(vault.Unwrap(wrapped->substr(0, i), "p1").ok()) << i;
  }
}

TEST_P(VaultTest, OldKeysStillUnwrapAfterRotation) {
  const auto before = FileKeyring::Load(path_, random_);
  const auto wrapped = (*before)->Wrap(Secret(std::string(32, 'k')), "o");
  {
    std::ofstream file(path_, std::ios::app);
    file << "kek-2 international " << std::string(64, 'a') << "\n";
  }
  const auto after = FileKeyring::Load(path_, random_);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ((*after)->Unwrap(*wrapped, "o")->Reveal(), std::string(32, 'k'));
  const auto rewrapped = (*after)->Wrap(Secret(std::string(32, 'k')), "o");
  EXPECT_EQ((*before)->Unwrap(*rewrapped, "o").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(VaultTest, SealedRecordsAreBoundToTheirOwner) {
  const auto keyring = FileKeyring::Load(path_, random_);
  const PersonVault vault(**keyring, random_);
  const Secret key = vault.NewDataKey();
  const auto card = ParseCardBlock(*BuildResidentCard(SyntheticPersonOf(3)),
                                   *Date::ParseIso("2026-06-30"));
  ASSERT_TRUE(card.ok());
  const auto sealed = vault.SealPerson(key, "p1", PersonRecordOf(*card));
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ((*sealed)[0], static_cast<char>(GetParam()));
  EXPECT_EQ(sealed->find(card->name), std::string::npos);
  const auto opened = vault.OpenPerson(key, "p1", *sealed);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->name(), card->name);
  EXPECT_EQ(opened->document_number(), card->number.canonical());
  EXPECT_EQ(opened->address(), card->address);
  EXPECT_FALSE(vault.OpenPerson(key, "p2", *sealed).ok());
  // A person's record is no case, whatever the id.
  EXPECT_FALSE(vault.OpenCase(key, "p1", *sealed).ok());
}

TEST_P(VaultTest, RefusesAKeyringThatOthersMayRead) {
  chmod(path_.c_str(), 0640);
  EXPECT_EQ(FileKeyring::Load(path_, random_).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(VaultTest, NeverWritesOverAKeyring) {
  const std::string before = *ReadFile(path_);
  EXPECT_FALSE(FileKeyring::CreateFile(path_, GetParam(), random_).ok());
  EXPECT_EQ(*ReadFile(path_), before);
}

TEST_P(VaultTest, NamesTheLineThatIsNoKey) {
  for (const char* line :
       {"kek-2 international abcd\n", "KEK international x\n", "kek-1\n",
        "kek-2 other 00\n"}) {
    ASSERT_TRUE(ReplaceFile(path_, line, FileAccess::kOwner).ok());
    EXPECT_EQ(FileKeyring::Load(path_, random_).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  ASSERT_TRUE(ReplaceFile(path_, "# none\n", FileAccess::kOwner).ok());
  EXPECT_FALSE(FileKeyring::Load(path_, random_).ok());
}

INSTANTIATE_TEST_SUITE_P(Suites, VaultTest,
                         testing::Values(Suite::kInternational,
                                         Suite::kCommercial),
                         [](const auto& info) {
                           return info.param == Suite::kCommercial
                                      ? "Commercial"
                                      : "International";
                         });

TEST(PersonAlias, DependsOnKeyKindAndNumber) {
  const Date day = *Date::ParseIso("2026-06-30");
  const auto one =
      *ParseIdNumber("11010519491231002X", DocumentKind::kResidentId, day);
  const auto other =
      *ParseIdNumber("340000202402292063", DocumentKind::kResidentId, day);
  const Secret key(std::string(32, 'k'));
  EXPECT_EQ(PersonAlias(key, one), PersonAlias(key, one));
  EXPECT_NE(PersonAlias(key, one), PersonAlias(key, other));
  EXPECT_NE(PersonAlias(key, one),
            PersonAlias(Secret(std::string(32, 'l')), one));
}

}  // namespace
}  // namespace shiming::identity
