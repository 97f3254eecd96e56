#include "common/crypto/secret.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

namespace shiming::crypto {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(SecretTest, CannotBePrintedCopiedOrTurnedIntoText) {
  static_assert(!Streamable<Secret>);
  static_assert(Streamable<std::string>);
  static_assert(!std::is_copy_constructible_v<Secret>);
  static_assert(!std::is_copy_assignable_v<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
}

TEST(SecretTest, RevealsWhatItTookOver) {
  const Secret secret(std::string("a\0b", 3));
  EXPECT_EQ(secret.size(), 3u);
  EXPECT_EQ(secret.Reveal(), std::string_view("a\0b", 3));
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(Secret(std::string()).empty());
}

TEST(SecretTest, MoveLeavesTheSourceEmpty) {
  Secret first(std::string("first"));
  Secret second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(first.Reveal(), "");
  EXPECT_EQ(second.Reveal(), "first");
  Secret third(std::string("third"));
  third = std::move(second);
  EXPECT_EQ(third.Reveal(), "first");
}

TEST(SecretTest, CopyIsIndependent) {
  Secret first(std::string("same"));
  const Secret second = first.Copy();
  EXPECT_TRUE(first.Equals(second));
  first = Secret();
  EXPECT_EQ(second.Reveal(), "same");
  EXPECT_FALSE(first.Equals(second));
}

TEST(SecretTest, WipeStringEmptiesIt) {
  std::string text(100, 'x');
  const char* memory = text.data();
  WipeString(text);
  EXPECT_TRUE(text.empty());
  // The buffer still belongs to `text`.
  ASSERT_EQ(text.data(), memory);
  text.resize(50);
  EXPECT_EQ(text, std::string(50, '\0'));
}

}  // namespace
}  // namespace shiming::crypto
