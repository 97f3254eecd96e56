#include "services/profile_order/smdp/es2plus_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace shiming::profile_order::smdp {
namespace {

using nlohmann::json;

Request Sample(Function function) {
  Request request;
  request.function = function;
  request.call_id = "0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a01";
  request.iccid = "8986011123456789014";
  request.eid = "89882119900000000000000000001654";
  request.matching_id = crypto::Secret("7QK2M-9XTRA");
  return request;
}

TEST(Es2PlusJsonTest, DownloadOrderNamesIccidAndEidOnly) {
  const json body = json::parse(
      EncodeRequest(Sample(Function::kDownloadOrder), "2.999.86.1"));
  EXPECT_EQ(body["header"]["functionRequesterIdentifier"], "2.999.86.1");
  EXPECT_EQ(body["header"]["functionCallIdentifier"],
            "0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a01");
  EXPECT_EQ(body["iccid"], "8986011123456789014F");
  EXPECT_EQ(body["eid"], "89882119900000000000000000001654");
  EXPECT_FALSE(body.contains("matchingId"));
  EXPECT_FALSE(body.contains("profileType"));
}

TEST(Es2PlusJsonTest, ConfirmOrderNeverReleases) {
  const json body =
      json::parse(EncodeRequest(Sample(Function::kConfirmOrder), "r"));
  EXPECT_EQ(body["matchingId"], "7QK2M-9XTRA");
  ASSERT_TRUE(body["releaseFlag"].is_boolean());
  EXPECT_EQ(body["releaseFlag"], false);
}

TEST(Es2PlusJsonTest, CancelOrderSaysWhatBecomesOfTheProfile) {
  Request request = Sample(Function::kCancelOrder);
  EXPECT_EQ(json::parse(EncodeRequest(request, "r"))["finalProfileStatus"
                                                     "Indicator"],
            "Unavailable");
  request.final_available = true;
  request.matching_id = crypto::Secret();
  const json body = json::parse(EncodeRequest(request, "r"));
  EXPECT_EQ(body["finalProfileStatusIndicator"], "Available");
  EXPECT_FALSE(body.contains("matchingId"));
}

TEST(Es2PlusJsonTest, TwentyDigitIccidsAreNotPadded) {
  Request request = Sample(Function::kReleaseProfile);
  request.iccid = "89860011234567890127";
  EXPECT_EQ(json::parse(EncodeRequest(request, "r"))["iccid"],
            "89860011234567890127");
}

TEST(Es2PlusJsonTest, SuccessCarriesWhatTheFunctionAnswers) {
  const Answer answer = DecodeAnswer(
      R"({"header":{"functionExecutionStatus":{"status":"Executed-Success"}},)"
      R"("matchingId":"A-1","eid":"8988","smdpAddress":"smdp.example.test",)"
      R"("iccid":"8986011123456789014F","more":1})");
  EXPECT_EQ(answer.kind, Answer::Kind::kDone);
  EXPECT_EQ(answer.matching_id.Reveal(), "A-1");
  EXPECT_EQ(answer.smdp_address, "smdp.example.test");
  EXPECT_EQ(answer.iccid, "8986011123456789014");
}

TEST(Es2PlusJsonTest, WarningIsSuccess) {
  EXPECT_EQ(DecodeAnswer(R"({"header":{"functionExecutionStatus":)"
                         R"({"status":"Executed-WithWarning"}}})")
                .kind,
            Answer::Kind::kDone);
}

TEST(Es2PlusJsonTest, FailedCarriesBothCodes) {
  const Answer answer = DecodeAnswer(
      R"({"header":{"functionExecutionStatus":{"status":"Failed",)"
      R"("statusCodeData":{"subjectCode":"8.2.1","reasonCode":"3.9"}}}})");
  EXPECT_EQ(answer.kind, Answer::Kind::kRefused);
  EXPECT_EQ(answer.StatusCode(), "8.2.1/3.9");
}

TEST(Es2PlusJsonTest, FailedWithoutCodesAndExpiredAreRefusals) {
  const Answer failed = DecodeAnswer(
      R"({"header":{"functionExecutionStatus":{"status":"Failed"}}})");
  EXPECT_EQ(failed.kind, Answer::Kind::kRefused);
  EXPECT_EQ(failed.StatusCode(), "");
  EXPECT_EQ(
      DecodeAnswer(
          R"({"header":{"functionExecutionStatus":{"status":"Expired"}}})")
          .kind,
      Answer::Kind::kRefused);
}

TEST(Es2PlusJsonTest, AnythingElseIsUnknown) {
  for (const char* body :
       {"", "<html>", "[]", "{}", "null", "{\"header\":1}",
        R"({"header":{"functionExecutionStatus":{"status":1}}})",
        R"({"header":{"functionExecutionStatus":{"status":"Perhaps"}}})",
        R"({"obj":{},"success":true,"code":"00000"})"}) {
    EXPECT_EQ(DecodeAnswer(body).kind, Answer::Kind::kUnknown) << body;
  }
}

}  // namespace
}  // namespace shiming::profile_order::smdp
