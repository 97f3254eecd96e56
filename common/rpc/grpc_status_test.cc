#include "common/rpc/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/reason.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace shiming::rpc {
namespace {

TEST(GrpcStatusTest, DetailsAreThoseOfTheDesignInOrder) {
  const grpc::Status status =
      ToGrpcStatus(MakeError(Reason::BAD_CHECK_DIGIT, "remainder is 7",
                             {.field = "device.eid",
                              .metadata = {{"remainder", "7"}},
                              .retry_delay = absl::Milliseconds(1500)}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "remainder is 7");

  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 3);
  EXPECT_EQ(details.message(), "remainder is 7");
  ASSERT_EQ(details.details_size(), 5);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "BAD_CHECK_DIGIT");
  EXPECT_EQ(info.domain(), "shiming");
  EXPECT_EQ(info.metadata().at("remainder"), "7");
  google::rpc::LocalizedMessage text;
  ASSERT_TRUE(details.details(1).UnpackTo(&text));
  EXPECT_EQ(text.locale(), "zh-CN");
  EXPECT_EQ(text.message(), InfoOf(Reason::BAD_CHECK_DIGIT).zh);
  ASSERT_TRUE(details.details(2).UnpackTo(&text));
  EXPECT_EQ(text.locale(), "en");
  EXPECT_EQ(text.message(), InfoOf(Reason::BAD_CHECK_DIGIT).en);
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(details.details(3).UnpackTo(&bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "device.eid");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(details.details(4).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(GrpcStatusTest, EveryReasonComesBack) {
  for (const ReasonInfo& info : AllReasons()) {
    const absl::Status sent = MakeError(info.reason, "why",
                                        {.field = "a.b",
                                         .metadata = {{"key", "value"}},
                                         .retry_delay = absl::Seconds(2)});
    const absl::Status received = FromGrpcStatus(ToGrpcStatus(sent));
    EXPECT_EQ(received.code(), info.code) << info.name;
    EXPECT_TRUE(HasReason(received, info.reason)) << info.name;
    EXPECT_EQ(received.message(), sent.message());
    EXPECT_EQ(PartsOf(received).field, "a.b");
    EXPECT_EQ(PartsOf(received).metadata.at("key"), "value");
    EXPECT_EQ(PartsOf(received).retry_delay, absl::Seconds(2));
  }
  EXPECT_TRUE(FromGrpcStatus(ToGrpcStatus(absl::OkStatus())).ok());
}

TEST(GrpcStatusTest, WhatIsUnforeseenSaysNothing) {
  const grpc::Status status =
      ToGrpcStatus(absl::NotFoundError("row 42 of table person"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message().find("person"), std::string::npos);
  EXPECT_EQ(status.error_details().find("person"), std::string::npos);
  EXPECT_TRUE(HasReason(FromGrpcStatus(status), Reason::INTERNAL_ERROR));
}

TEST(GrpcStatusTest, WhatGrpcItselfSaysGetsAReason) {
  const auto reason_of = [](grpc::StatusCode code, const std::string& text) {
    return ReasonOf(FromGrpcStatus(grpc::Status(code, text)));
  };
  EXPECT_EQ(reason_of(grpc::StatusCode::UNAVAILABLE, "connection refused"),
            Reason::DEPENDENCY_UNAVAILABLE);
  EXPECT_EQ(reason_of(grpc::StatusCode::DEADLINE_EXCEEDED, ""),
            Reason::CALL_TIMED_OUT);
  EXPECT_EQ(reason_of(grpc::StatusCode::CANCELLED, ""), Reason::CALL_CANCELLED);
  EXPECT_EQ(reason_of(grpc::StatusCode::UNIMPLEMENTED, ""),
            Reason::METHOD_NOT_SERVED);
  EXPECT_EQ(reason_of(grpc::StatusCode::RESOURCE_EXHAUSTED,
                      "Received message larger than max (5 vs. 4)"),
            Reason::MESSAGE_TOO_LARGE);
  EXPECT_EQ(reason_of(grpc::StatusCode::RESOURCE_EXHAUSTED, "quota"),
            Reason::OVERLOADED);
}

TEST(GrpcStatusTest, ForeignDetailsKeepCodeAndMessage) {
  // Another domain, and a reason of ours that this build does not know.
  for (const auto& [domain, reason] :
       {std::pair<std::string, std::string>{"example.com", "EMPTY"},
        {"shiming", "REASON_OF_THE_FUTURE"}}) {
    google::rpc::ErrorInfo info;
    info.set_domain(domain);
    info.set_reason(reason);
    google::rpc::Status details;
    details.add_details()->PackFrom(info);
    const absl::Status status =
        FromGrpcStatus(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "no",
                                    details.SerializeAsString()));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(status), std::nullopt);
  }
  // No protobuf at all.
  EXPECT_EQ(
      FromGrpcStatus(grpc::Status(grpc::StatusCode::ABORTED, "x", "\xff\xff"))
          .code(),
      absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace shiming::rpc
