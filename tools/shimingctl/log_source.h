// Where the files of a log are read from: a folder, or the log's prefix over
// HTTPS. What is read is proven by hashes and signatures, not by where it came
// from.
#ifndef SHIMING_TOOLS_SHIMINGCTL_LOG_SOURCE_H_
#define SHIMING_TOOLS_SHIMINGCTL_LOG_SOURCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "ledger/audit_reader.h"
#include "tools/shimingctl/arguments.h"

namespace shiming::shimingctl {

// How a log's server is reached; all may be empty but `ca_file` with https.
struct LogSourceTls {
  std::string ca_file;           // PEM, trust anchors of the server
  std::string certificate_file;  // PEM, own chain, where the server asks
  std::string key_file;          // PEM
};

// --ca FILE, --client-cert FILE and --client-key FILE; empty where absent.
LogSourceTls TlsFrom(Arguments& arguments);

// "https://host[:port][/prefix]", "http://..." or a folder. Reads on the
// caller's thread. INVALID_ARGUMENT for a URL or TLS files that do not do; the
// reader gives NOT_FOUND for a missing file and UNAVAILABLE when there is no
// answer.
absl::StatusOr<ledger::FileReader> OpenLogSource(const std::string& where,
                                                 const LogSourceTls& tls);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_LOG_SOURCE_H_
