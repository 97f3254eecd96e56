#include "common/es2plus/notice.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"

namespace shiming::es2plus {
namespace {

TEST(NoticeTest, TakesTheFormOfTheSpecification) {
  const auto notice = ParseNotice(R"({
    "header":{"functionRequesterIdentifier":"2.999.1.1",
              "functionCallIdentifier":"c1"},
    "eid":"89882119900000000000000000001654",
    "iccid":"8986011123456789014F","profileType":"CONSUMER-5G",
    "timestamp":"2026-01-02T03:04:05Z","notificationPointId":4,
    "notificationPointStatus":{"status":"Executed-Success"},
    "resultData":"vzc="})");
  ASSERT_TRUE(notice.ok()) << notice.status();
  EXPECT_EQ(notice->requester, "2.999.1.1");
  EXPECT_EQ(notice->call_id, "c1");
  EXPECT_EQ(notice->eid, "89882119900000000000000000001654");
  EXPECT_EQ(notice->iccid, "8986011123456789014");
  EXPECT_EQ(notice->profile_type, "CONSUMER-5G");
  EXPECT_EQ(notice->point, 4);
  EXPECT_TRUE(notice->success);
  EXPECT_EQ(notice->timestamp, "2026-01-02T03:04:05Z");
  EXPECT_EQ(notice->time, absl::FromUnixSeconds(1767323045));
  EXPECT_EQ(notice->result_data, "vzc=");
}

TEST(NoticeTest, ToleratesWhatIsMetInTheField) {
  const auto notice = ParseNotice(R"({
    "iccid":"89860468152080349618","notificationPointId":"1",
    "timeStamp":1767323045,"tac":"35290611","imei":null,"eid":"short",
    "notificationPointStatus":{"status":"Failed","statusCodeData":
      {"subjectCode":"8.1.1","reasonCode":"3.8"}}})");
  ASSERT_TRUE(notice.ok()) << notice.status();
  EXPECT_EQ(notice->iccid, "89860468152080349618");
  EXPECT_EQ(notice->point, 1);
  EXPECT_FALSE(notice->success);
  EXPECT_EQ(notice->subject_code, "8.1.1");
  EXPECT_EQ(notice->reason_code, "3.8");
  EXPECT_EQ(notice->timestamp, "1767323045");
  EXPECT_EQ(notice->time, absl::FromUnixSeconds(1767323045));
  EXPECT_EQ(notice->eid, "");
  EXPECT_EQ(notice->requester, "");
}

TEST(NoticeTest, ReadsTimesWithOffsetAndAsText) {
  const auto with = [](const std::string& time) {
    return ParseNotice(
               "{\"iccid\":\"8986011123456789014\",\"timeStamp\":" + time +
               ",\"notificationPointId\":3,"
               "\"notificationPointStatus\":{\"status\":\"Expired\"}}")
        ->time;
  };
  EXPECT_EQ(with("\"2026-01-02T11:04:05+08:00\""),
            absl::FromUnixSeconds(1767323045));
  EXPECT_EQ(with("\"1767323045\""), absl::FromUnixSeconds(1767323045));
  EXPECT_EQ(with("\"yesterday\""), std::nullopt);
}

TEST(NoticeTest, NamesTheFieldThatIsMissing) {
  struct Case {
    const char* body;
    const char* field;
  };
  for (const Case& c : {
           Case{"", "body"},
           Case{"[]", "body"},
           Case{"{\"iccid\":", "body"},
           Case{"{}", "iccid"},
           Case{"{\"iccid\":8986011123456789014}", "iccid"},
           Case{"{\"iccid\":\"8986011123456789014\"}", "notificationPointId"},
           Case{"{\"iccid\":\"8986011123456789014\","
                "\"notificationPointId\":\"x\"}",
                "notificationPointId"},
           Case{"{\"iccid\":\"8986011123456789014\","
                "\"notificationPointId\":4,\"notificationPointStatus\":3}",
                "notificationPointStatus.status"},
       }) {
    const absl::Status status = ParseNotice(c.body).status();
    EXPECT_TRUE(HasReason(status, Reason::INVALID_REQUEST)) << c.body;
    EXPECT_EQ(PartsOf(status).field, c.field) << c.body;
  }
  EXPECT_FALSE(ParseNotice(std::string(kMaxNoticeBytes + 1, ' ')).ok());
}

TEST(NoticeTest, TellsTheRequesterOfAnyObject) {
  EXPECT_EQ(*RequesterOfNotice(
                "{\"header\":{\"functionRequesterIdentifier\":\"2.999\"}}"),
            "2.999");
  EXPECT_EQ(*RequesterOfNotice("{\"header\":[]}"), "");
  EXPECT_FALSE(RequesterOfNotice("\"x\"").ok());
}

}  // namespace
}  // namespace shiming::es2plus
