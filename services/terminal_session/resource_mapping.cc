#include "services/terminal_session/resource_mapping.h"

#include "common/crypto/encoding.h"
#include "common/time/proto_time.h"
#include "services/terminal_session/core/proposal.h"

namespace shiming::terminal_session {

terminal::v1::Shift ToMessage(const ShiftRecord& shift) {
  terminal::v1::Shift message;
  message.set_shift_id(shift.shift_id);
  message.set_clerk_id(shift.clerk_id);
  message.set_role(shift.role);
  message.set_shop_id(shift.terminal.shop_id);
  message.set_terminal_id(shift.terminal.device_id);
  *message.mutable_open_time() = ToProto(shift.open_time);
  *message.mutable_expire_time() = ToProto(shift.expire_time);
  return message;
}

terminal::v1::Session ToMessage(const SessionRecord& session) {
  terminal::v1::Session message;
  message.set_session_id(session.session_id);
  message.set_state(session.state);
  message.set_shift_id(session.shift_id);
  message.set_shop_id(session.terminal.shop_id);
  message.set_terminal_id(session.terminal.device_id);
  message.set_display_id(session.display_id);
  message.set_clerk_id(session.clerk_id);
  *message.mutable_open_time() = ToProto(session.open_time);
  *message.mutable_expire_time() = ToProto(session.expire_time);
  message.set_end(session.end);
  return message;
}

terminal::v1::ReadNonce ToMessage(const NonceRecord& nonce) {
  terminal::v1::ReadNonce message;
  message.set_nonce(nonce.nonce);
  *message.mutable_expire_time() = ToProto(nonce.expire_time);
  return message;
}

terminal::v1::Subject ToMessage(const SubjectView& view) {
  terminal::v1::Subject message;
  message.set_kind(view.record.kind);
  message.set_subject_id(view.record.subject_id);
  message.set_state(view.record.state);
  message.set_digest(crypto::ToHex(view.record.digest));
  message.set_proposed_by(view.record.proposed_by);
  message.set_approved_by(view.record.approved_by);
  if (view.locked_until.has_value()) {
    *message.mutable_locked_until() = ToProto(*view.locked_until);
  }
  *message.mutable_content() = WithoutCredentials(view.record.content);
  return message;
}

}  // namespace shiming::terminal_session
