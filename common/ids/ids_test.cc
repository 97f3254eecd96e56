#include "common/ids/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/crypto/fake_random.h"
#include "common/status/reason.h"

namespace shiming {
namespace {

TEST(IdsTest, NewIdsAreWellFormedAndDiffer) {
  crypto::FakeRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewId(random);
    EXPECT_TRUE(IsId(id)) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_FALSE(IsId(""));
  EXPECT_FALSE(IsId(std::string(31, 'a')));
  EXPECT_FALSE(IsId(std::string(32, 'A')));
  EXPECT_FALSE(IsId(std::string(32, 'g')));
}

TEST(IdsTest, AnIdOnARouteTakesItsFirstTwoDigits) {
  crypto::FakeRandom random(1);
  const std::string person = NewId(random);
  const std::string order = NewIdOnRouteOf(person, random);
  EXPECT_TRUE(IsId(order));
  EXPECT_EQ(order.substr(0, 2), person.substr(0, 2));
  EXPECT_NE(order.substr(2), person.substr(2));
}

TEST(IdsTest, NewUuidsAreOfVersion4) {
  crypto::FakeRandom random(1);
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = NewUuid(random);
    EXPECT_TRUE(IsUuid(uuid)) << uuid;
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  }
}

TEST(IdsTest, RequestIdsAreUuids) {
  for (const char* good : {"0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a01",
                           "0B6F6F0E-5A6E-4D2B-9D53-0D8F4B1F7A01"}) {
    EXPECT_TRUE(CheckRequestId(good).ok());
  }
  for (const char* bad : {"", "x", "0b6f6f0e5a6e4d2b9d530d8f4b1f7a01",
                          "0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a0",
                          "0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a011",
                          "0b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a0g",
                          "0b6f6f0e-5a6e-4d2b-9d53_0d8f4b1f7a01",
                          "{b6f6f0e-5a6e-4d2b-9d53-0d8f4b1f7a0}"}) {
    const absl::Status status = CheckRequestId(bad);
    EXPECT_TRUE(HasReason(status, Reason::REQUEST_ID_REQUIRED)) << bad;
    EXPECT_EQ(PartsOf(status).field, "request_id");
  }
}

}  // namespace
}  // namespace shiming
