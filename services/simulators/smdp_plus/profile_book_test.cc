#include "services/simulators/smdp_plus/profile_book.h"

#include <gtest/gtest.h>

#include "common/crypto/fake_random.h"

namespace shiming::smdp_plus {
namespace {

constexpr char kIccid[] = "8986011123456789014";
constexpr char kOther[] = "8986001123456789016";
constexpr char kEid[] = "89882119900000000000000000001654";
constexpr char kOtherEid[] = "89049032123451234512345678901235";
constexpr char kMatchingId[] = "7QK2M-9XTRA-4HZCW-B3VNE-58DPS-G";

std::string Pair(const Failure& failure) {
  return failure.has_value() ? failure->subject + "/" + failure->reason : "ok";
}

class ProfileBookTest : public ::testing::Test {
 protected:
  ProfileBookTest() { Make(10); }

  void Make(int download_limit) {
    ProfileBook::Options options;
    options.random = &random_;
    options.download_limit = download_limit;
    book_ = std::make_unique<ProfileBook>(options);
    book_->AddStock(kIccid, "CONSUMER-5G");
    book_->AddStock(kOther, "CONSUMER-4G");
  }

  std::string Download(DownloadOrder order) {
    iccid_.clear();
    return Pair(book_->Download(order, iccid_, changes_));
  }
  std::string Confirm(ConfirmOrder order) {
    return Pair(book_->Confirm(order, confirmed_, changes_));
  }
  std::string Cancel(CancelOrder order) {
    return Pair(book_->Cancel(order, changes_));
  }
  std::string Release(const std::string& iccid = kIccid) {
    return Pair(book_->Release(iccid, changes_));
  }
  // The state of kIccid.
  std::string State(const std::string& iccid = kIccid) {
    return std::string(NameOf(book_->Find(iccid)->state));
  }

  ConfirmOrder Confirmation(bool release) {
    ConfirmOrder order;
    order.iccid = kIccid;
    order.eid = kEid;
    order.matching_id = kMatchingId;
    order.release = release;
    return order;
  }
  void OrderUpTo(bool released) {
    ASSERT_EQ(Download({.eid = kEid, .iccid = kIccid}), "ok");
    ASSERT_EQ(Confirm(Confirmation(released)), "ok");
    changes_ = {};
  }

  DeviceResult Ask(const std::string& eid,
                   std::optional<std::string> matching_id,
                   DeviceOutcome outcome = DeviceOutcome::kInstalls,
                   const std::string& confirmation_code = "") {
    changes_ = {};
    DeviceDownload download;
    download.eid = eid;
    download.matching_id = std::move(matching_id);
    download.outcome = outcome;
    download.confirmation_code = confirmation_code;
    download.now_seconds = 1000;
    return book_->DownloadToDevice(download, changes_);
  }
  // "1:ok 3:ok" of the notices of the last call.
  std::string Notices() {
    std::string text;
    for (const Notice& notice : changes_.notices) {
      if (!text.empty()) text += " ";
      text += std::to_string(notice.point) + ":" + Pair(notice.failure);
    }
    return text;
  }

  crypto::FakeRandom random_{1};
  std::unique_ptr<ProfileBook> book_;
  Changes changes_;
  std::string iccid_;
  Profile confirmed_;
};

TEST_F(ProfileBookTest, DownloadOrderLinksOrAllocates) {
  EXPECT_EQ(Download({.eid = kEid, .iccid = kIccid}), "ok");
  EXPECT_EQ(iccid_, kIccid);
  EXPECT_EQ(State(), "Linked");
  EXPECT_EQ(Download({.profile_type = "CONSUMER-4G"}), "ok");
  EXPECT_EQ(iccid_, kOther);
  EXPECT_EQ(State(kOther), "Allocated");
}

TEST_F(ProfileBookTest, DownloadOrderRefusals) {
  EXPECT_EQ(Download({.iccid = "8986011123456789022"}), "8.2.1/3.9");
  EXPECT_EQ(Download({.profile_type = "NONE"}), "8.2.5/3.9");
  EXPECT_EQ(Download({.iccid = kIccid, .profile_type = "CONSUMER-4G"}),
            "8.2.5/3.8");
  EXPECT_EQ(Download({.iccid = kIccid}), "ok");
  EXPECT_EQ(Download({.iccid = kIccid}), "8.2.1/3.3");
  EXPECT_EQ(Download({.profile_type = "CONSUMER-5G"}), "8.2.5/3.7");
}

TEST_F(ProfileBookTest, ConfirmOrderConfirmsOrReleases) {
  EXPECT_EQ(Download({.eid = kEid, .iccid = kIccid}), "ok");
  EXPECT_EQ(Confirm(Confirmation(false)), "ok");
  EXPECT_EQ(State(), "Confirmed");
  EXPECT_EQ(confirmed_.matching_id, kMatchingId);
  EXPECT_EQ(Download({.iccid = kOther}), "ok");
  EXPECT_EQ(Confirm({.iccid = kOther, .release = true}), "ok");
  EXPECT_EQ(State(kOther), "Released");
  EXPECT_EQ(confirmed_.matching_id->size(), 32u);
}

TEST_F(ProfileBookTest, ConfirmOrderRefusals) {
  EXPECT_EQ(Confirm({.iccid = "8986011123456789022"}), "8.2.1/3.9");
  EXPECT_EQ(Confirm(Confirmation(false)), "8.2.1/3.5");
  EXPECT_EQ(Download({.iccid = kOther}), "ok");
  EXPECT_EQ(Confirm({.iccid = kOther, .matching_id = ""}), "8.1.1/2.2");
  EXPECT_EQ(Confirm({.iccid = kOther, .matching_id = "ab_1"}), "8.2.6/2.1");
  EXPECT_EQ(Confirm({.iccid = kOther, .smds_address = "x"}), "8.1.1/2.2");
  EXPECT_EQ(Confirm({.iccid = kOther, .eid = kEid, .smds_address = "x"}),
            "8.9/5.1");
  OrderUpTo(false);
  EXPECT_EQ(Confirm({.iccid = kOther, .matching_id = kMatchingId}),
            "8.2.6/3.3");
  EXPECT_EQ(Confirm({.iccid = kIccid, .eid = kOtherEid}), "8.1.1/3.10");
}

TEST_F(ProfileBookTest, ReleaseProfileMayBeRepeated) {
  EXPECT_EQ(Release(), "8.2.1/3.5");
  EXPECT_EQ(Release("8986011123456789022"), "8.2.1/3.9");
  OrderUpTo(false);
  EXPECT_EQ(Release(), "ok");
  EXPECT_EQ(Release(), "ok");
  EXPECT_EQ(State(), "Released");
}

TEST_F(ProfileBookTest, CancelOrderNeedsWhatTheOrderHas) {
  CancelOrder cancel{.iccid = kIccid,
                     .eid = kEid,
                     .matching_id = kMatchingId,
                     .back_to_stock = true};
  EXPECT_EQ(Cancel(cancel), "8.2.1/3.9");
  OrderUpTo(false);
  EXPECT_EQ(Cancel({.iccid = kIccid, .matching_id = kMatchingId}),
            "8.2.1/3.10");
  EXPECT_EQ(Cancel({.iccid = kIccid, .eid = kEid}), "8.2.6/3.10");
  EXPECT_EQ(Cancel(cancel), "ok");
  EXPECT_EQ(State(), "Available");
  EXPECT_EQ(Ask(kEid, kMatchingId).failure->reason, "3.8");
  OrderUpTo(true);
  cancel.back_to_stock = false;
  EXPECT_EQ(Cancel(cancel), "ok");
  EXPECT_EQ(State(), "Unavailable");
  EXPECT_EQ(Download({.iccid = kIccid}), "8.2.1/3.3");
}

TEST_F(ProfileBookTest, NobodyDownloadsBeforeTheRelease) {
  OrderUpTo(false);
  EXPECT_EQ(Pair(Ask(kEid, kMatchingId).failure), "8.2/1.2");
  EXPECT_EQ(Pair(Ask(kEid, std::nullopt).failure), "8.2/1.2");
  EXPECT_EQ(Notices(), "");
  EXPECT_EQ(State(), "Confirmed");
}

TEST_F(ProfileBookTest, BoundEidDownloadsWithOrWithoutCode) {
  OrderUpTo(true);
  const DeviceResult result = Ask(kEid, std::nullopt);
  EXPECT_EQ(result.kind, DeviceResult::Kind::kInstalled);
  EXPECT_EQ(result.iccid, kIccid);
  EXPECT_EQ(Notices(), "1:ok 3:ok 4:ok");
  EXPECT_EQ(State(), "Installed");
  // The matching ID is spent.
  EXPECT_EQ(Pair(Ask(kEid, kMatchingId).failure), "8.2.6/3.8");
  EXPECT_EQ(Cancel({.iccid = kIccid, .eid = kEid, .matching_id = kMatchingId}),
            "8.2.1/3.3");
}

TEST_F(ProfileBookTest, AnotherEidIsRefusedAndTold) {
  OrderUpTo(true);
  EXPECT_EQ(Pair(Ask(kOtherEid, kMatchingId).failure), "8.1.1/3.8");
  EXPECT_EQ(Notices(), "1:8.1.1/3.8");
  EXPECT_EQ(changes_.notices[0].eid, kOtherEid);
  EXPECT_EQ(changes_.notices[0].time_seconds, 1000);
  EXPECT_EQ(State(), "Released");
  // A second one can be told from a repetition of the first.
  Ask(kOtherEid, kMatchingId);
  EXPECT_EQ(changes_.notices[0].time_seconds, 1001);
  EXPECT_EQ(Pair(Ask(kOtherEid, std::nullopt).failure), "8.2.6/3.8");
  EXPECT_EQ(Notices(), "");
  EXPECT_EQ(Ask(kEid, kMatchingId).kind, DeviceResult::Kind::kInstalled);
}

TEST_F(ProfileBookTest, UnboundOrderGoesToTheFirstThatAsks) {
  ASSERT_EQ(Download({.iccid = kIccid}), "ok");
  ConfirmOrder order = Confirmation(true);
  order.eid.clear();
  ASSERT_EQ(Confirm(order), "ok");
  EXPECT_EQ(Ask(kEid, kMatchingId, DeviceOutcome::kStops).kind,
            DeviceResult::Kind::kDownloaded);
  EXPECT_EQ(Pair(Ask(kOtherEid, kMatchingId).failure), "8.1.1/3.8");
  EXPECT_EQ(Ask(kEid, kMatchingId).kind, DeviceResult::Kind::kInstalled);
}

TEST_F(ProfileBookTest, TooManyAttemptsEndTheOrder) {
  Make(2);
  OrderUpTo(true);
  EXPECT_FALSE(Ask(kEid, kMatchingId, DeviceOutcome::kStops).failure);
  EXPECT_FALSE(Ask(kEid, kMatchingId, DeviceOutcome::kStops).failure);
  EXPECT_EQ(Pair(Ask(kEid, kMatchingId).failure), "8.8.5/6.4");
  EXPECT_EQ(Notices(), "1:8.8.5/6.4");
  EXPECT_EQ(State(), "Error");
  EXPECT_EQ(Pair(Ask(kEid, kMatchingId).failure), "8.8.5/6.4");
  EXPECT_EQ(Notices(), "");
}

TEST_F(ProfileBookTest, ConfirmationCodeIsAskedForAndLimited) {
  ASSERT_EQ(Download({.eid = kEid, .iccid = kIccid}), "ok");
  ConfirmOrder order = Confirmation(true);
  order.confirmation_code = "4711";
  ASSERT_EQ(Confirm(order), "ok");
  const auto ask = [this](const char* code) {
    return Pair(Ask(kEid, kMatchingId, DeviceOutcome::kInstalls, code).failure);
  };
  EXPECT_EQ(ask(""), "8.2.7/2.2");
  EXPECT_EQ(ask("1"), "8.2.7/3.8");
  EXPECT_EQ(ask("2"), "8.2.7/3.8");
  EXPECT_EQ(ask("3"), "8.2.7/6.4");
  EXPECT_EQ(Notices(), "2:8.2.7/6.4");
  EXPECT_EQ(State(), "Error");
}

TEST_F(ProfileBookTest, DeviceFailuresEndTheOrder) {
  struct Case {
    DeviceOutcome outcome;
    const char* pair;
    const char* notices;
  };
  for (const Case& c : {
           Case{DeviceOutcome::kInstallFails, "8.2.10/4.2",
                "1:ok 3:ok 4:8.2.10/4.2"},
           Case{DeviceOutcome::kUserRefuses, "8.8.5/3.8", "1:ok 3:8.8.5/3.8"},
           Case{DeviceOutcome::kNotEligible, "8.2.5/4.3", "1:8.2.5/4.3"},
       }) {
    Make(10);
    OrderUpTo(true);
    EXPECT_EQ(Pair(Ask(kEid, kMatchingId, c.outcome).failure), c.pair);
    EXPECT_EQ(Notices(), c.notices);
    EXPECT_EQ(State(), "Error");
    EXPECT_EQ(Cancel({.iccid = kIccid,
                      .eid = kEid,
                      .matching_id = kMatchingId,
                      .back_to_stock = true}),
              "ok");
  }
}

}  // namespace
}  // namespace shiming::smdp_plus
