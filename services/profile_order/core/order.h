// An order and what a transition does to it. Plain values, no behaviour beyond
// small questions; OrderMachine decides, OrderStore stores.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "services/profile_order/smdp/smdp_port.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "shiming/order/v1/order_resources.pb.h"

namespace shiming::profile_order {

// States of DESIGN 4; the numbers are those of ProfileOrderState.
enum class OrderState : int {
  kOrdering = 1,
  kReady = 2,
  kRevealing = 3,
  kRevealed = 4,
  kDownloading = 5,
  kInstalled = 6,
  kClosed = 7,
  kCancelling = 8,
  kCancelled = 9,
  kExpired = 10,
  kFailed = 11,
  kFrozen = 12,
};

// "READY", for metrics and logs.
std::string_view NameOf(OrderState state);

// True for CLOSED, CANCELLED, EXPIRED and FAILED: nothing can happen any more.
bool IsEnd(OrderState state);

// Why an order ends early; the numbers are those of CancelReason.
enum class EndCause : int {
  kNone = 0,
  kClerk = 1,
  kSessionEnded = 2,
  kRevoked = 3,
  kExpired = 4,
  kSmdpRefused = 5,
  kWrongEid = 6,
  kInstallFailed = 7,
};

// What became of one ES2+ call. The stored numbers never change.
enum class CallState : int {
  kSent = 1,
  kDone = 2,
  kRefused = 3,
  kNotSent = 4,
  kUnknown = 5,
};

// Whether the calls of one function took effect at the SM-DP+. Ordered: it
// only grows, but for kMaybe, which an answer can settle.
enum class Effect : int { kNone = 0, kMaybe = 1, kCertain = 2 };

// Where an ICCID goes when its order ends early; the worst one wins, so the
// order of the numbers matters.
enum class IccidFate : int { kAvailable = 0, kHeld = 1, kUnavailable = 2 };

// The latest ES2+ call of an order, stored before each of its attempts is
// sent. Only one is open at a time.
struct SmdpCall {
  int64_t number = 0;  // 1, 2, 3 ... within the order
  smdp::Function function = smdp::Function::kDownloadOrder;
  std::string call_id;  // functionCallIdentifier, the same on retries
  int64_t attempt = 1;  // an outcome counts for the current one only
  // The run of the process that may send this attempt; another run that finds
  // it SENT knows that its answer is lost.
  std::string sender;
  CallState state = CallState::kSent;
  bool earlier_unknown = false;  // an earlier attempt's answer was lost
  std::string status_code;       // "8.2.1/3.9" when refused
  int64_t sent_us = 0;           // when the attempt was stored
};

// One order. Times are microseconds since 1970, 0 when absent.
struct Order {
  std::string order_id;  // 32 hex digits, begins with the person's route
  int64_t version = 0;   // of the row; grows by one with each change
  OrderState state = OrderState::kOrdering;
  EndCause cause = EndCause::kNone;
  std::string failed_reason;
  std::string status_code;  // of the SM-DP+, when it refused something

  // Where it was placed, from CheckSession.
  std::string session_id;
  std::string shop;
  std::string terminal;  // "<shop>/<terminal>"
  std::string display;   // "<shop>/<display>"
  std::string clerk;
  std::string shift;

  // For whom and what.
  std::string person_id;
  std::string verification_id;
  std::string attestation_id;
  std::string policy_version;
  int kind = 0;  // identity.v1.OrderKind
  std::string profile_type;
  std::string reservation_id;
  std::string msisdn;  // 13 digits
  std::string eid;
  std::string iccid;  // without F
  std::string smdp;   // configured id of the SM-DP+

  int64_t created_us = 0;
  int64_t state_us = 0;   // since when in this state
  int64_t expire_us = 0;  // when the state ends by itself

  // Step 6.
  std::string reveal_request_id;
  std::string permit_id;
  ledger::v1::EventId permit_event;
  std::string smdp_address;      // from confirmOrder, else the agreed one
  int64_t ready_version = 0;     // of ORDER_READY within the aggregate
  int64_t revealed_version = 0;  // of CODE_REVEALED
  int64_t code_expire_us = 0;

  // Commitments of the device and the consent, and what opens them: salts and
  // values, the matching ID and the salt of the code's commitment, encrypted
  // under the order's own key (OrderVault).
  std::string device_commitment;
  std::string consent_commitment;
  std::string code_commitment;  // set when it is revealed
  std::string sealed;
  std::string wrapped_key;  // kept in a table of its own

  // What is known of the SM-DP+.
  Effect download = Effect::kNone;
  Effect confirm = Effect::kNone;
  Effect release = Effect::kNone;
  bool any_unknown = false;  // some attempt's outcome was lost
  IccidFate fate = IccidFate::kAvailable;
  int64_t cancel_refused_us = 0;  // first 8.2.1/3.3 to cancelOrder
  int64_t transient_count = 0;    // refusals that pass, of the present call
  int64_t matching_id_count = 1;  // matching IDs made so far
  std::optional<SmdpCall> call;
  // The call before `call`, where a transition has settled it and stored the
  // next one. Not kept.
  std::optional<SmdpCall> ended_call;

  int64_t wrong_eid_count = 0;
  bool session_over = false;
  bool notices_pending = false;  // stored while REVEALING, to be applied

  // Of this change among those of its route (ChangeStore), set when it is
  // stored on a shared database; 0 elsewhere. Not read back.
  int64_t change_number = 0;
};

// What stands in place of msisdn, eid and iccid of an order whose person was
// erased; its key is destroyed.
inline constexpr char kErased[] = "erased";
bool IsErased(const Order& order);

// An outcome of an attempt that is no longer the current one.
struct Observation {
  int64_t call_number = 0;
  int64_t attempt = 0;
  CallState state = CallState::kUnknown;
  std::string status_code;
};

// What happens to the number with a transition.
enum class NumberEffect { kKeep, kFree };
// What happens to the ICCID with a transition.
enum class IccidEffect { kKeep, kAvailable, kHeld, kUnavailable, kInstalled };

// One transition: all of it is stored in one transaction or nothing.
struct Change {
  // After the transition, but for version and event versions.
  Order order;
  // Drafts in order; they become events of the aggregate "order/<id>".
  std::vector<ledger::v1::Event> events;
  NumberEffect number = NumberEffect::kKeep;
  IccidEffect iccid = IccidEffect::kKeep;
  int64_t person_delta = 0;  // 0 or -1
  int64_t eid_delta = 0;     // 0 or -1
  std::optional<Observation> observation;
};

// A SENT call is in the hands of the run that stored it for at least so long:
// longer than any call may take.
inline constexpr absl::Duration kCallInFlight = absl::Seconds(60);

// When the worker has to look at the order again: 0 means that it has work
// now, nullopt that nothing will happen by itself.
std::optional<int64_t> DueOf(const Order& order);

// "order/<id>".
std::string AggregateOf(std::string_view order_id);
// The id of an event of the order.
ledger::v1::EventId EventOf(const Order& order, int64_t version);
// As the terminal and the display see it.
order::v1::ProfileOrder ToProto(const Order& order);
order::v1::DisplayOrder ToDisplayProto(const Order& order);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_H_
