// Configuration files: one text-format proto per server.
#ifndef SHIMING_COMMON_CONFIG_CONFIG_H_
#define SHIMING_COMMON_CONFIG_CONFIG_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/status_macros.h"

namespace google::protobuf {
class Message;
}

namespace shiming {

// Fills `config` from the text-format file at `path`. NOT_FOUND if it cannot be
// read; INVALID_ARGUMENT "<path>:<line>:<column>: <what, naming the field>" if
// it is malformed, names an unknown field or is larger than 4 MiB.
absl::Status LoadConfigInto(const std::string& path,
                            google::protobuf::Message& config);

// The same as a value.
template <class Proto>
absl::StatusOr<Proto> LoadConfig(const std::string& path) {
  Proto config;
  RETURN_IF_ERROR(LoadConfigInto(path, config));
  return config;
}

// INVALID_ARGUMENT "config: <field>: <what>": for values that the schema cannot
// refuse. `field` is the path in the file ("tls.cert_file").
absl::Status ConfigError(std::string_view field, std::string_view what);

// `path` as seen from the folder of the configuration file in which it stands;
// absolute ones stay. "" stays "".
std::string ResolvePath(const std::string& config_path,
                        const std::string& path);

// The whole content of a file that the configuration names (a certificate, a
// key). NOT_FOUND naming the path if it cannot be read, INVALID_ARGUMENT if it
// is larger than 4 MiB.
absl::StatusOr<std::string> ReadConfigFile(const std::string& path);

}  // namespace shiming

#endif  // SHIMING_COMMON_CONFIG_CONFIG_H_
