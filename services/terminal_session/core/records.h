// What terminal_session knows of shops, devices, clerks, shifts and sessions:
// plain values as the stores give them.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_CORE_RECORDS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_CORE_RECORDS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "shiming/terminal/v1/terminal_resources.pb.h"

namespace shiming::terminal_session {

using ledger::v1::EventId;
using ledger::v1::SessionEnd;
using terminal::v1::ClerkRole;
using terminal::v1::SessionState;
using terminal::v1::SubjectKind;
using terminal::v1::SubjectState;

// A terminal or display of a shop.
struct DeviceId {
  std::string shop_id;
  std::string device_id;

  // "<shop>/<device>", as in answers and events.
  std::string Path() const { return shop_id + "/" + device_id; }
  friend bool operator==(const DeviceId&, const DeviceId&) = default;
};

// A device that calls, proven by its certificate.
struct DevicePeer {
  DeviceId device;
  // SHA-256 of the DER of its TLS key, 32 bytes.
  std::string key_sha256;
};

// Version of the event by which a subject came into force; 0 before.
using EventVersion = int64_t;

struct ShopRecord {
  terminal::v1::Shop shop;
  bool in_force = false;
  EventVersion approved_version = 0;
};

struct TerminalRecord {
  DeviceId id;
  bool in_force = false;
  std::string tls_key_sha256;
  std::string evidence_public_key;  // DER
  EventVersion approved_version = 0;
};

struct DisplayRecord {
  DeviceId id;
  bool in_force = false;
  std::string tls_key_sha256;
  // Terminal that it is paired with; empty when another display took its
  // place.
  std::string terminal_id;
  EventVersion approved_version = 0;
};

struct ClerkRecord {
  std::string clerk_id;
  std::string shop_id;
  bool in_force = false;
  ClerkRole role = ClerkRole::CLERK_ROLE_UNSPECIFIED;
  std::string password_hash;
  std::string sealed_totp_seed;
  // Newest TOTP step that was used; 0 before the first.
  int64_t last_totp_step = 0;
  EventVersion approved_version = 0;
};

struct ShiftRecord {
  std::string shift_id;
  DeviceId terminal;
  std::string clerk_id;
  ClerkRole role = ClerkRole::CLERK_ROLE_UNSPECIFIED;
  // The keys that were pinned when it was opened; a re-key ends the shift.
  std::string terminal_key_sha256;
  std::string evidence_public_key;  // DER
  // Row not ended yet. Whether it may be used also depends on expire_time.
  bool open = false;
  absl::Time open_time;
  absl::Time expire_time;
  SessionEnd end = SessionEnd::SESSION_END_UNSPECIFIED;
};

struct SessionRecord {
  std::string session_id;
  DeviceId terminal;
  std::string display_id;
  std::string shift_id;
  std::string clerk_id;
  // SESSION_STATE_OPEN until its end is stored. Whether it may be used also
  // depends on expire_time.
  SessionState state = SessionState::SESSION_STATE_UNSPECIFIED;
  absl::Time open_time;
  absl::Time expire_time;
  SessionEnd end = SessionEnd::SESSION_END_UNSPECIFIED;

  DeviceId display() const { return {terminal.shop_id, display_id}; }
};

struct NonceRecord {
  std::string nonce;  // 32 bytes
  absl::Time expire_time;
  // SHA-256 of the evidence that it was spent for; empty before.
  std::string evidence_sha256;
  // A newer one took its place before it was spent.
  bool replaced = false;
};

struct PermitRecord {
  std::string order_id;
  std::string permit_id;
  DeviceId display;
  std::string session_id;
  std::string request_id_sha256;
  EventId event_id;
};

// One row of the feed that WatchEnds sends.
struct EndRecord {
  int64_t cursor = 0;
  int kind = 0;  // terminal::v1::EndKind
  std::string id;
  SessionEnd end = SessionEnd::SESSION_END_UNSPECIFIED;
};

// What every change carries: who asked by which call, for idempotency and for
// the record.
struct Mutation {
  // SPIFFE id of the caller.
  std::string caller;
  // "/shiming.terminal.v1.TerminalSessionService/SignIn"
  std::string method;
  // UUID of the caller.
  std::string request_id;
  // Keyed hash of the request's content, without secrets.
  std::string content_hash;
  std::string trace_id;
  absl::Time now;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_CORE_RECORDS_H_
