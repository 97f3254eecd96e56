#include "tools/shimingctl/repair_plan.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdint>
#include <cstdio>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/status_macros.h"

namespace shiming::shimingctl {
namespace {

// With the zero byte behind it.
constexpr std::string_view kLabel{"shiming/repair-plan/v1\0", 23};
constexpr int kIndexBytes = 8;

}  // namespace

std::string BytesOf(const storage::v1::RepairPlan& plan) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    plan.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::string DigestOf(std::string_view plan_bytes) {
  std::string labelled(kLabel);
  labelled += plan_bytes;
  return crypto::Sha256(labelled);
}

std::string GapDigestOf(const outbox::RecordGap& gap) {
  std::string bytes;
  for (const outbox::GapEntry& entry : gap) {
    const auto index = static_cast<uint64_t>(entry.index);
    for (int i = kIndexBytes - 1; i >= 0; --i) {
      bytes += static_cast<char>(index >> (8 * i) & 0xFF);
    }
    bytes += entry.sha256;
  }
  return crypto::Sha256(bytes);
}

absl::StatusOr<StoredPlan> ReadPlan(const std::string& file) {
  StoredPlan stored;
  ASSIGN_OR_RETURN(stored.bytes, ReadFile(file));
  if (!stored.plan.ParseFromString(stored.bytes) ||
      stored.plan.service().empty() || BytesOf(stored.plan) != stored.bytes) {
    return absl::InvalidArgumentError(file + " is no plan of a repair");
  }
  return stored;
}

void PrintPlan(const StoredPlan& stored) {
  const storage::v1::RepairPlan& plan = stored.plan;
  for (const std::string& change : plan.changes()) {
    printf("  %s\n", change.c_str());
  }
  printf(
      "repair of %s: %lld entries that its database lacks, of %s up to entry "
      "%lld, root %s\ndigest %s\n",
      plan.service().c_str(), static_cast<long long>(plan.gap_count()),
      plan.origin().c_str(), static_cast<long long>(plan.log_size()),
      crypto::ToHex(plan.log_root()).c_str(),
      crypto::ToHex(stored.Digest()).c_str());
}

}  // namespace shiming::shimingctl
