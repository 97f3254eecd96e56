// absl::Time to google.protobuf.Timestamp and back.
#ifndef SHIMING_COMMON_TIME_PROTO_TIME_H_
#define SHIMING_COMMON_TIME_PROTO_TIME_H_

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace shiming {

// The same moment, with what is below a microsecond cut off: times are stored
// in microseconds, so that what went over the wire compares equal to what was
// stored. Thread-safe.
inline google::protobuf::Timestamp ToProto(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  google::protobuf::Timestamp timestamp;
  int64_t seconds = micros / 1'000'000;
  int64_t rest = micros % 1'000'000;
  if (rest < 0) {
    seconds -= 1;
    rest += 1'000'000;
  }
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1000));
  return timestamp;
}

// The same moment. Out-of-range nanos are added as they are. Thread-safe.
inline absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

}  // namespace shiming

#endif  // SHIMING_COMMON_TIME_PROTO_TIME_H_
