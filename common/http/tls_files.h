// Names of the files that a TLS end needs.
#ifndef SHIMING_COMMON_HTTP_TLS_FILES_H_
#define SHIMING_COMMON_HTTP_TLS_FILES_H_

#include <string>

namespace shiming::http {

// The lowest TLS version that is spoken. ES2+ allows 1.2 (SGP.22 v2.2 §2.6.6);
// everything else takes 1.3 (DESIGN 5).
enum class TlsFloor { k12, k13 };

// PEM files, read once when the server or client is made.
struct TlsFiles {
  std::string certificate_file;  // own chain, leaf first; a client may have ""
  std::string key_file;          // private key of the leaf
  // Trust anchors for the other end. A server with "" asks for no client
  // certificate; a client must have one.
  std::string ca_file;
  TlsFloor floor = TlsFloor::k13;
};

}  // namespace shiming::http

#endif  // SHIMING_COMMON_HTTP_TLS_FILES_H_
