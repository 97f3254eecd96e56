// What the instances of profile_order share in a race: time, chance, keys, and
// the state machine that decides on every transition.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_WORLD_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_WORLD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/crypto/fake_random.h"
#include "common/time/clock.h"
#include "common/time/fake_clock.h"
#include "identity/vault/key_provider.h"
#include "services/profile_order/core/order_events.h"
#include "services/profile_order/core/order_machine.h"
#include "services/profile_order/core/order_vault.h"

namespace shiming::profile_order::testing {

inline constexpr char kRaceSmdp[] = "smdp-1";
inline constexpr char kRaceProfileType[] = "CONSUMER-5G";
inline constexpr char kRaceRegion[] = "11";

// Keys in clear: nothing here is secret. Thread-safe.
class PlainKeys final : public identity::KeyProvider {
 public:
  absl::StatusOr<std::string> Wrap(const crypto::Secret& key,
                                   std::string_view) const override {
    return std::string(key.Reveal());
  }
  absl::StatusOr<crypto::Secret> Unwrap(std::string_view wrapped,
                                        std::string_view) const override {
    return crypto::Secret(std::string(wrapped));
  }
  crypto::Suite suite() const override { return crypto::Suite::kInternational; }
};

// Thread-safe. The same seed, the same ids. One state machine for all
// instances: its run id is theirs, so that an answer of the SM-DP+ that comes
// twice, by two instances, finds the same current attempt.
struct RaceWorld {
  FakeClock clock{absl::FromUnixSeconds(1'800'000'000)};
  crypto::FakeRandom random{11};
  PlainKeys keys;
  OrderEvents events{crypto::Secret(std::string(32, 'k'))};
  OrderVault vault{keys, random};
  OrderMachine machine{{.events = events,
                        .vault = vault,
                        .random = random,
                        .default_addresses = {{kRaceSmdp, "smdp.example.test"}},
                        .run_id = "race"}};

  // Microseconds since 1970.
  int64_t now_us() const { return ToMicros(clock.Now()); }
};

}  // namespace shiming::profile_order::testing

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_TESTING_RACE_WORLD_H_
