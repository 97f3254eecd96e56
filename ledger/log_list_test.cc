#include "ledger/log_list.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "common/crypto/keys.h"
#include "common/status/reason.h"
#include "gtest/gtest.h"

namespace shiming::ledger {
namespace {

constexpr char kOpen[] = "log.example/2";

NoteSigner SignerOf(const std::string& origin) {
  return *NoteSigner::ForLog(
      origin, *crypto::SigningKey::FromEd25519Seed(std::string(32, 'k')));
}

class LogListTest : public ::testing::Test {
 protected:
  LogList list_{
      .frozen = {{.origin = "log.example/0", .size = 1, .root = Hash(32, 'a')},
                 {.origin = "log.example/1",
                  .size = 70000,
                  .root = Hash(32, 'b')}},
      .open_origin = kOpen};
  NoteSigner signer_ = SignerOf(kOpen);
  TrustPolicy policy_ =
      TrustPolicy::ForLog(*NoteVerifier::Parse(signer_.vkey()));
};

TEST_F(LogListTest, IsReadBackAsItWasSigned) {
  const auto note = SignLogList(list_, signer_, absl::UnixEpoch());
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_TRUE(
      note->starts_with("shiming log list v1\n"
                        "frozen log.example/0 1 "
                        "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=\n"
                        "frozen log.example/1 70000 "
                        "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=\n"
                        "open log.example/2\n\n"))
      << *note;
  const auto read = OpenLogList(*note, policy_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->frozen, list_.frozen);
  EXPECT_EQ(read->open_origin, kOpen);
}

TEST_F(LogListTest, TheFirstLogIsAlone) {
  const auto note =
      SignLogList({.open_origin = kOpen}, signer_, absl::UnixEpoch());
  const auto read = OpenLogList(*note, policy_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->frozen.empty());
}

TEST_F(LogListTest, AnotherKeyOrOriginIsRefused) {
  const auto note =
      SignLogList(list_, SignerOf("log.example/1"), absl::UnixEpoch());
  EXPECT_TRUE(HasReason(OpenLogList(*note, policy_).status(),
                        Reason::LEDGER_SIGNATURE_INVALID));
  const TrustPolicy other =
      TrustPolicy::ForLog(*NoteVerifier::Parse(SignerOf("other").vkey()));
  const auto ours = SignLogList(list_, signer_, absl::UnixEpoch());
  EXPECT_TRUE(HasReason(OpenLogList(*ours, other).status(),
                        Reason::LEDGER_SIGNATURE_INVALID));
}

TEST_F(LogListTest, AnyOtherFormIsRefused) {
  const std::string note = *SignLogList(list_, signer_, absl::UnixEpoch());
  for (const auto& [from, to] :
       std::initializer_list<std::pair<const char*, const char*>>{
           {"list v1", "list v2"},
           {" 70000 ", " 070000 "},
           {" 70000 ", " 70000  "},
           {"frozen log.example/1", "open log.example/1"},
           {"open log", "frozen log"},
           {"open log.example/2\n", ""},
           {"Ymk=", "Ym="}}) {
    const std::string changed = absl::StrReplaceAll(note, {{from, to}});
    if (changed == note) continue;
    EXPECT_FALSE(OpenLogList(changed, policy_).ok()) << changed;
  }
}

}  // namespace
}  // namespace shiming::ledger
