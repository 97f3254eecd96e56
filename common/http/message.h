// HTTP messages as the rest of the house sees them, server and client alike.
#ifndef SHIMING_COMMON_HTTP_MESSAGE_H_
#define SHIMING_COMMON_HTTP_MESSAGE_H_

#include <string>
#include <string_view>
#include <vector>

namespace shiming::http {

// One header line. Names are compared without regard to case.
struct Header {
  std::string name;
  std::string value;
};

// The first value of `name`, or "" if there is none.
std::string_view FindHeader(const std::vector<Header>& headers,
                            std::string_view name);

// "application/json" of "Application/JSON; charset=UTF-8": lower case, without
// parameters and spaces around it.
std::string MediaType(std::string_view content_type);

// Who is at the other end of a TLS connection, taken from the certificate that
// the handshake has verified. All fields are empty where there was none.
struct Peer {
  // The one URI SAN; "" if the certificate has none or several.
  std::string uri;
  // SHA-256 of the certificate's SubjectPublicKeyInfo (DER), 32 raw bytes.
  std::string key_hash;
  // The subject as RFC 2253 text. For logs only, never for a decision.
  std::string subject;
};

// One request, read whole.
struct Request {
  std::string method;  // upper case, as sent
  std::string target;  // as sent: path and, after '?', the query
  std::vector<Header> headers;
  std::string body;
  Peer peer;

  std::string_view header(std::string_view name) const {
    return FindHeader(headers, name);
  }
  // The target without its query; still percent-encoded.
  std::string_view path() const;
};

// How a server's answer leaves. Everything but kWhole stands for a fault and
// is for simulators.
enum class Delivery {
  kWhole,
  kNone,     // the connection is closed without a byte of the answer
  kCutBody,  // header and half of the body, then the connection is closed
};

// One answer. Content-Length is set by the server.
struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
  Delivery delivery = Delivery::kWhole;

  std::string_view header(std::string_view name) const {
    return FindHeader(headers, name);
  }
};

// A text/plain answer.
Response TextResponse(int status, std::string text);

// An application/json answer.
Response JsonResponse(int status, std::string json);

}  // namespace shiming::http

#endif  // SHIMING_COMMON_HTTP_MESSAGE_H_
