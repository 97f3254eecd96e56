// Runs the real `shimingctl audit prove` on a cluster's log.
#ifndef SHIMING_TESTS_E2E_PROVE_H_
#define SHIMING_TESTS_E2E_PROVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/e2e/cluster.h"

namespace shiming::e2e {

struct ProveResult {
  int exit_code = -1;
  uint64_t codes_revealed = 0;
  uint64_t codes_proven = 0;
  std::string report;  // what --json wrote
};

// The log's folder and the published verifier key, with further options.
absl::StatusOr<ProveResult> Prove(Cluster& cluster,
                                  const std::vector<std::string>& more = {});

// Checkpoints follow events within a second or so: proves again until `codes`
// codes are on the published record, at most 20 s; the last result.
absl::StatusOr<ProveResult> ProveWhenRevealed(
    Cluster& cluster, uint64_t codes,
    const std::vector<std::string>& more = {});

}  // namespace shiming::e2e

#endif  // SHIMING_TESTS_E2E_PROVE_H_
