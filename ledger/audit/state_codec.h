// AuditBooks to the message that is stored, and back. Private to ledger/audit.
#ifndef SHIMING_LEDGER_AUDIT_STATE_CODEC_H_
#define SHIMING_LEDGER_AUDIT_STATE_CODEC_H_

#include "absl/status/status.h"
#include "ledger/audit/audit_books.h"
#include "shiming/ledger/v1/audit_state.pb.h"

namespace shiming::ledger {

// Everything but options, origin, checkpoint, size and root.
void EncodeBooks(const AuditBooks& books, v1::AuditState* state);

// Into empty books with their options set. INVALID_ARGUMENT when the state is
// not what EncodeBooks writes.
absl::Status DecodeBooks(const v1::AuditState& state, AuditBooks& books);

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_STATE_CODEC_H_
