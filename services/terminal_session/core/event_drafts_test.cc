#include "services/terminal_session/core/event_drafts.h"

#include <gtest/gtest.h>

#include "common/crypto/digest.h"

namespace shiming::terminal_session {
namespace {

using ledger::v1::Event;

TEST(EventDraftsTest, AdminActsNameSubjectKeysAndAdmin) {
  terminal::v1::ProposalContent content;
  content.mutable_terminal()->set_shop_id("s1");
  content.mutable_terminal()->set_terminal_id("t1");
  content.mutable_terminal()->set_tls_public_key("tls");
  content.mutable_terminal()->set_evidence_public_key("evidence");
  const EventId shop =
      OwnEvent(SubjectAggregate(SubjectKind::SUBJECT_KIND_SHOP, "s1"), 2);
  const Event event =
      AdminActed({.kind = AdminAct::Kind::kApproved,
                  .subject_kind = SubjectKind::SUBJECT_KIND_TERMINAL,
                  .subject_id = "s1/t1",
                  .shop_id = "s1",
                  .digest = "digest",
                  .content = content,
                  .admin = "/admin/a2",
                  .trace_id = "trace",
                  .after = {shop}});
  EXPECT_EQ(event.kind(), ledger::v1::EVENT_KIND_TERMINAL_APPROVED);
  EXPECT_EQ(event.id().aggregate(), "terminal/s1/t1");
  EXPECT_EQ(event.shop(), "s1");
  EXPECT_EQ(event.terminal(), "s1/t1");
  EXPECT_EQ(event.admin(), "/admin/a2");
  EXPECT_EQ(event.trace_id(), "trace");
  ASSERT_EQ(event.after_size(), 1);
  EXPECT_EQ(event.after(0).source(), "terminal_session");
  EXPECT_EQ(event.after(0).aggregate(), "shop/s1");
  EXPECT_EQ(event.admin_details().digest(), "digest");
  EXPECT_EQ(event.admin_details().subject_id(), "s1/t1");
  ASSERT_EQ(event.admin_details().pinned_key_sha256_size(), 2);
  EXPECT_EQ(event.admin_details().pinned_key_sha256(0), crypto::Sha256("tls"));
  EXPECT_EQ(event.admin_details().evidence_public_key(), "evidence");
}

TEST(EventDraftsTest, EveryActOnEverySubjectHasItsKind) {
  const terminal::v1::ProposalContent content;
  const auto kind_of = [&](AdminAct::Kind act, SubjectKind subject) {
    return AdminActed({.kind = act,
                       .subject_kind = subject,
                       .subject_id = "s1/x",
                       .shop_id = "s1",
                       .content = content})
        .kind();
  };
  using Act = AdminAct::Kind;
  EXPECT_EQ(kind_of(Act::kProposed, SubjectKind::SUBJECT_KIND_SHOP),
            ledger::v1::EVENT_KIND_SHOP_PROPOSED);
  EXPECT_EQ(kind_of(Act::kRevoked, SubjectKind::SUBJECT_KIND_SHOP),
            ledger::v1::EVENT_KIND_SHOP_REVOKED);
  EXPECT_EQ(kind_of(Act::kProposed, SubjectKind::SUBJECT_KIND_TERMINAL),
            ledger::v1::EVENT_KIND_TERMINAL_PROPOSED);
  EXPECT_EQ(kind_of(Act::kApproved, SubjectKind::SUBJECT_KIND_DISPLAY),
            ledger::v1::EVENT_KIND_DISPLAY_APPROVED);
  EXPECT_EQ(kind_of(Act::kRevoked, SubjectKind::SUBJECT_KIND_CLERK),
            ledger::v1::EVENT_KIND_CLERK_REVOKED);
}

TEST(EventDraftsTest, APermitIsOnceForItsOrderAndBehindItsReadiness) {
  const SessionRecord session = {.session_id = "se",
                                 .terminal = {"s1", "t1"},
                                 .display_id = "d1",
                                 .shift_id = "sh",
                                 .clerk_id = "wang"};
  const PermitRecord permit = {
      .order_id = "or", .permit_id = "pe", .request_id_sha256 = "hash"};
  EventId ready;
  ready.set_source("profile_order");
  ready.set_aggregate("order/or");
  ready.set_version(2);
  const Event event = RevealPermitted(permit, session, ready, "trace");
  EXPECT_EQ(event.kind(), ledger::v1::EVENT_KIND_REVEAL_PERMITTED);
  EXPECT_EQ(event.id().aggregate(), "session/se");
  EXPECT_EQ(event.once_key(), "permit/or");
  ASSERT_EQ(event.after_size(), 1);
  EXPECT_EQ(event.after(0).aggregate(), "order/or");
  EXPECT_EQ(event.order(), "or");
  EXPECT_EQ(event.display(), "s1/d1");
  EXPECT_EQ(event.clerk(), "wang");
  EXPECT_EQ(event.order_details().permit_id(), "pe");
  EXPECT_EQ(event.order_details().request_id_sha256(), "hash");
}

TEST(EventDraftsTest, EndsSayHow) {
  const Event event =
      SessionClosed({.session_id = "se", .terminal = {"s1", "t1"}},
                    SessionEnd::SESSION_END_TIMED_OUT, {}, "");
  EXPECT_EQ(event.kind(), ledger::v1::EVENT_KIND_SESSION_CLOSED);
  EXPECT_EQ(event.session_end(), SessionEnd::SESSION_END_TIMED_OUT);
  EXPECT_EQ(event.terminal(), "s1/t1");
}

}  // namespace
}  // namespace shiming::terminal_session
