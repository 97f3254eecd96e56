#include "common/time/proto_time.h"

#include <gtest/gtest.h>

namespace shiming {
namespace {

TEST(ProtoTimeTest, RoundTripsToTheMicrosecond) {
  for (int64_t micros :
       {0ll, 1ll, -1ll, 1'789'000'000'123'456ll, -1'500'000ll}) {
    const absl::Time time = absl::FromUnixMicros(micros);
    const google::protobuf::Timestamp timestamp = ToProto(time);
    EXPECT_EQ(FromProto(timestamp), time) << micros;
    EXPECT_GE(timestamp.nanos(), 0);
    EXPECT_LT(timestamp.nanos(), 1'000'000'000);
  }
  EXPECT_EQ(FromProto(ToProto(absl::FromUnixNanos(1999))),
            absl::FromUnixMicros(1));
}

}  // namespace
}  // namespace shiming
