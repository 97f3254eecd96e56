// The state over restarts.
#include "services/simulators/smdp_plus/smdp.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <fstream>
#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "common/crypto/fake_random.h"
#include "common/rpc/runtime.h"

namespace shiming::smdp_plus {
namespace {

constexpr char kIccid[] = "8986011123456789014";
constexpr char kEid[] = "89882119900000000000000000001654";

class SmdpTest : public ::testing::Test {
 protected:
  SmdpTest()
      : file_(testing::TempDir() + "/smdp_test_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::remove(file_.c_str());
  }

  Smdp::Options MakeOptions() {
    Smdp::Options options;
    options.book.random = &random_;
    options.state_file = file_;
    options.stock_csv =
        "iccid,profile_type\r\n8986011123456789014F,A\r\n"
        "8986001123456789016,A\n";
    return options;
  }

  std::unique_ptr<Smdp> Open() {
    auto smdp = Smdp::Open(MakeOptions());
    EXPECT_TRUE(smdp.ok()) << smdp.status();
    sent_.clear();
    (*smdp)->SetNoticeSink([this](const Notice& notice) {
      std::lock_guard lock(mutex_);
      sent_.push_back(notice);
    });
    return *std::move(smdp);
  }

  void Wait(asio::awaitable<void> work) {
    asio::co_spawn(runtime_.executor(), std::move(work), asio::use_future)
        .get();
  }

  // Orders kIccid, released.
  void Order(Smdp& smdp) {
    Wait(smdp.Change([](ProfileBook& book, Changes& changes) {
      std::string iccid;
      EXPECT_FALSE(
          book.Download({.eid = kEid, .iccid = kIccid}, iccid, changes));
      Profile profile;
      EXPECT_FALSE(
          book.Confirm({.iccid = kIccid, .matching_id = "M1", .release = true},
                       profile, changes));
    }));
  }

  ProfileState StateOf(Smdp& smdp) {
    ProfileState state{};
    smdp.Look(
        [&](const ProfileBook& book) { state = book.Find(kIccid)->state; });
    return state;
  }

  const std::string file_;
  crypto::FakeRandom random_{1};
  rpc::Runtime runtime_{2};
  std::mutex mutex_;
  std::vector<Notice> sent_;  // read while nothing runs
};

TEST_F(SmdpTest, KeepsProfilesAndUndeliveredNotices) {
  {
    auto smdp = Open();
    Order(*smdp);
    Wait(smdp->Change([](ProfileBook& book, Changes& changes) {
      book.DownloadToDevice({.eid = kEid, .now_seconds = 7}, changes);
    }));
    ASSERT_EQ(sent_.size(), 3u);
    Wait(smdp->MarkDelivered(sent_[0].id));
  }
  {
    auto smdp = Open();
    EXPECT_EQ(StateOf(*smdp), ProfileState::kInstalled);
    EXPECT_EQ(smdp->UndeliveredCount(), 2u);
    ASSERT_EQ(sent_.size(), 2u);
    EXPECT_EQ(sent_[0].point, 3);
    EXPECT_EQ(sent_[1].point, 4);
    EXPECT_EQ(sent_[1].eid, kEid);
  }
  // And once more, from the compacted file.
  EXPECT_EQ(StateOf(*Open()), ProfileState::kInstalled);
}

TEST_F(SmdpTest, DropsALineThatWasCutOff) {
  Order(*Open());
  {
    std::ofstream file(file_, std::ios::app);
    file << "{\"profiles\":[";
  }
  EXPECT_EQ(StateOf(*Open()), ProfileState::kReleased);
}

TEST_F(SmdpTest, RefusesADamagedFileAndASecondOwner) {
  {
    auto smdp = Open();
    EXPECT_EQ(Smdp::Open(MakeOptions()).status().code(),
              absl::StatusCode::kUnavailable);
  }
  {
    std::ofstream file(file_, std::ios::app);
    file << "nonsense\n";
  }
  EXPECT_EQ(Smdp::Open(MakeOptions()).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SmdpTest, RefusesMalformedStock) {
  for (const char* csv : {"", "iccid\n", "iccid,profile_type\n123,A\n",
                          "iccid,profile_type\n8986011123456789014\n"}) {
    Smdp::Options options = MakeOptions();
    options.stock_csv = csv;
    EXPECT_EQ(Smdp::Open(std::move(options)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << csv;
  }
}

TEST_F(SmdpTest, ManyChangesAtOnceAreAllKept) {
  constexpr int kCount = 200;
  {
    auto smdp = Open();
    Order(*smdp);
    std::vector<std::future<void>> all;
    for (int i = 0; i < kCount; ++i) {
      all.push_back(asio::co_spawn(
          runtime_.executor(),
          smdp->Change([](ProfileBook& book, Changes& changes) {
            book.DownloadToDevice({.eid = "89049032123451234512345678901235",
                                   .matching_id = "M1"},
                                  changes);
          }),
          asio::use_future));
    }
    for (auto& one : all) one.get();
  }
  auto smdp = Open();
  EXPECT_EQ(smdp->UndeliveredCount(), static_cast<size_t>(kCount));
}

}  // namespace
}  // namespace shiming::smdp_plus
