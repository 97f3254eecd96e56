// Drafts of the ledger events that orders make (DESIGN 7). The outbox adds id,
// time and format.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_EVENTS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_EVENTS_H_

#include <string>
#include <string_view>

#include "common/crypto/secret.h"
#include "services/profile_order/core/notice.h"
#include "services/profile_order/core/order.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"

namespace shiming::profile_order {

// Immutable; thread-safe.
class OrderEvents {
 public:
  // `pseudonym_key` is K, to which the ledger's first entry commits.
  explicit OrderEvents(crypto::Secret pseudonym_key);

  // HMAC-SHA-256(K, field || 0x00 || value), 32 bytes.
  std::string PseudonymOf(std::string_view field, std::string_view value) const;

  // `verified` is IDENTITY_VERIFIED, which must stand before.
  ledger::v1::Event Placed(const Order& order,
                           const ledger::v1::EventId& verified,
                           int64_t person_live, int64_t eid_live,
                           std::string_view trace_id) const;
  ledger::v1::Event Ready(const Order& order) const;
  // Comes after the order's permit_event; only one is ever accepted.
  ledger::v1::Event Revealed(const Order& order) const;
  // DOWNLOAD_PROGRESS.
  ledger::v1::Event Progress(const Order& order,
                             const DownloadNotice& notice) const;
  // PROFILE_INSTALLED.
  ledger::v1::Event Installed(const Order& order,
                              const DownloadNotice& notice) const;
  // ORDER_CLOSED, _CANCELLED, _EXPIRED, _FAILED or _FROZEN by the state.
  ledger::v1::Event Ended(const Order& order) const;
  // ALARM. `reason` is a stable word.
  ledger::v1::Event Alarm(const Order& order, std::string_view reason,
                          std::string_view status_code) const;
  // ALARM for a notice that belongs to no order of its peer.
  ledger::v1::Event StrayNotice(const DownloadNotice& notice) const;

 private:
  ledger::v1::Event Base(const Order& order, ledger::v1::EventKind kind) const;

  const crypto::Secret key_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_CORE_ORDER_EVENTS_H_
