#include "common/ids/activation_code.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>

#include "common/status/reason.h"

namespace shiming {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Streamable<ActivationCode>);

std::string ReasonFor(std::string_view text) {
  const absl::Status status = ActivationCode::Parse(text).status();
  return status.ok() ? "OK" : std::string(NameOf(*ReasonOf(status)));
}

TEST(ActivationCodeTest, TakesTheExamplesOfTheSpecification) {
  struct Example {
    const char* code;
    const char* matching_id;
    bool confirmation;
  };
  for (const Example& example : {
           Example{"1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815",
                   "04386-AGYFT-A74Y8-3F815", false},
           {"1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$$1",
            "04386-AGYFT-A74Y8-3F815", true},
           {"1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746",
            "04386-AGYFT-A74Y8-3F815", false},
           {"1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1",
            "04386-AGYFT-A74Y8-3F815", true},
           {"1$SMDP.GSMA.COM$$1.3.6.1.4.1.31746", "", false},
       }) {
    for (const std::string prefix : {"", "LPA:"}) {
      const auto code = ActivationCode::Parse(prefix + example.code);
      ASSERT_TRUE(code.ok()) << example.code;
      EXPECT_EQ(code->str(), example.code);
      EXPECT_EQ(code->QrPayload(), std::string("LPA:") + example.code);
      EXPECT_EQ(code->smdp_address(), "SMDP.GSMA.COM");
      EXPECT_EQ(code->matching_id(), example.matching_id);
      EXPECT_EQ(code->confirmation_code_required(), example.confirmation);
    }
  }
}

TEST(ActivationCodeTest, TakesLowerCaseHostsAndFieldsOfVersion3) {
  EXPECT_EQ(ReasonFor("1$smdp.example.test$7QK2M-9XTRA-4HZCW-B3VNE-58DPS-G$$1"),
            "OK");
  EXPECT_EQ(ReasonFor("1$h$T"), "OK");
  EXPECT_EQ(ReasonFor("1$h$"), "OK");
  EXPECT_EQ(ReasonFor("1$h$T$2.999.86.1"), "OK");
  EXPECT_EQ(ReasonFor("1$h$T$$1$PK$DN"), "OK");
  EXPECT_EQ(ReasonFor("1$h$T$$$PK"), "OK");
}

TEST(ActivationCodeTest, NamesTheFirstThingThatIsWrong) {
  EXPECT_EQ(ReasonFor(""), "EMPTY");
  EXPECT_EQ(ReasonFor("LPA:"), "EMPTY");
  for (const char* text : {"1$h$T\r\n", "\n1$h$T", " 1$h$T", "1$h$T ",
                           "1$h$\u0410", "1$h$T\t", "LPA: 1$h$T"}) {
    EXPECT_EQ(ReasonFor(text), "BAD_CHARACTER") << text;
  }
  EXPECT_EQ(ReasonFor(std::string_view("1$h$T\0", 6)), "BAD_CHARACTER");
  for (const char* text : {"2$h$T", "1$h", "1", "$h$T", "11$h$T", "01$h$T",
                           "lpa:1$h$T", "LPA:LPA:1$h$T", "LPA1$h$T", "$"}) {
    EXPECT_EQ(ReasonFor(text), "BAD_FORMAT") << text;
  }
  EXPECT_EQ(ReasonFor("1$$T"), "NO_ADDRESS");
  for (const char* text :
       {"1$https://h$T", "1$h:443$T", "1$h/path$T", "1$-h$T", "1$h-.x$T",
        "1$h..x$T", "1$.h$T", "1$h.$T", "1$h_x$T", "1$192.0.2.1$T"}) {
    EXPECT_EQ(ReasonFor(text), "BAD_ADDRESS") << text;
  }
  EXPECT_EQ(ReasonFor("1$" + std::string(64, 'a') + "$T"), "BAD_ADDRESS");
  EXPECT_EQ(ReasonFor("1$" + std::string(63, 'a') + "$T"), "OK");
  for (const char* text : {"1$h$ab_1", "1$h$abc", "1$h$T.", "1$h$A+B"}) {
    EXPECT_EQ(ReasonFor(text), "BAD_TOKEN") << text;
  }
  for (const char* text :
       {"1$h$T$", "1$h$T$1", "1$h$T$1.", "1$h$T$.1", "1$h$T$1..2", "1$h$T$1.x",
        "1$h$T$3.1", "1$h$T$1.40", "1$h$T$1.02", "1$h$T$01.2", "1$h$T$x$1"}) {
    EXPECT_EQ(ReasonFor(text), "BAD_OID") << text;
  }
  for (const char* text :
       {"1$h$T$$0", "1$h$T$$", "1$h$T$$11", "1$h$T$$x", "1$h$T$1.2$0"}) {
    EXPECT_EQ(ReasonFor(text), "BAD_FLAG") << text;
  }
}

TEST(ActivationCodeTest, CountsTo255WithoutThePrefix) {
  const std::string longest = "1$h$" + std::string(251, 'A');
  EXPECT_EQ(ReasonFor(longest), "OK");
  EXPECT_EQ(ReasonFor("LPA:" + longest), "OK");
  EXPECT_EQ(ReasonFor(longest + "A"), "TOO_LONG");
  // Length is tested before format.
  EXPECT_EQ(ReasonFor(std::string(256, '2')), "TOO_LONG");
}

TEST(ActivationCodeTest, MakesACodeFromItsParts) {
  const auto code =
      ActivationCode::Make("smdp.example.test", "7QK2M-9XTRA-4HZCW-B3VNE-5");
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(code->str(), "1$smdp.example.test$7QK2M-9XTRA-4HZCW-B3VNE-5");
  EXPECT_TRUE(
      HasReason(ActivationCode::Make("h", "").status(), Reason::BAD_TOKEN));
  EXPECT_TRUE(HasReason(ActivationCode::Make("h", "A$1.2").status(),
                        Reason::BAD_TOKEN));
  EXPECT_TRUE(HasReason(ActivationCode::Make("h$A", "B").status(),
                        Reason::BAD_ADDRESS));
  EXPECT_TRUE(
      HasReason(ActivationCode::Make("", "B").status(), Reason::NO_ADDRESS));
}

TEST(ActivationCodeTest, CopiesAndMovesKeepTheCode) {
  ActivationCode a = *ActivationCode::Parse("1$host.example$AAAA-BBBB-CCCC");
  const ActivationCode b = *ActivationCode::Parse("1$h$B");
  ActivationCode copy = a;
  EXPECT_TRUE(copy == a);
  copy = b;
  EXPECT_TRUE(copy == b);
  EXPECT_FALSE(copy == a);
  copy = std::move(a);
  EXPECT_EQ(copy.matching_id(), "AAAA-BBBB-CCCC");
}

TEST(ActivationCodeTest, ErrorsDoNotRepeatTheCode) {
  EXPECT_EQ(ActivationCode::Parse("1$h$secret_token")
                .status()
                .ToString()
                .find("secret"),
            std::string::npos);
}

}  // namespace
}  // namespace shiming
