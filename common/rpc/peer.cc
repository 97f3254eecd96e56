#include "common/rpc/peer.h"

#include <array>
#include <cctype>
#include <optional>
#include <vector>

#include "common/status/reason.h"

namespace shiming::rpc {
namespace {

constexpr std::string_view kScheme = "spiffe://";
// SPIFFE-ID standard section 2.3 allows 2048 bytes; ours need far fewer.
constexpr size_t kMaxUriBytes = 255;
constexpr size_t kMaxSegmentBytes = 64;

constexpr std::array<std::string_view, 7> kRoleNames = {
    "terminal", "display", "svc", "app", "auditor", "officer", "admin"};

absl::Status Malformed(std::string_view why) {
  return MakeError(Reason::UNAUTHENTICATED_PEER, why);
}

bool IsSegment(std::string_view text) {
  // "." and ".." are no segments of a SPIFFE path.
  if (text.empty() || text.size() > kMaxSegmentBytes || text == "." ||
      text == "..") {
    return false;
  }
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' &&
        c != '-') {
      return false;
    }
  }
  return true;
}

std::optional<Role> RoleByName(std::string_view name) {
  for (size_t i = 0; i < kRoleNames.size(); ++i) {
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (true) {
    const size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string_view NameOf(Role role) {
  return kRoleNames[static_cast<size_t>(role)];
}

absl::StatusOr<Peer> ParseSpiffeId(std::string_view uri,
                                   std::string_view trust_domain) {
  if (uri.size() > kMaxUriBytes) return Malformed("URI SAN is too long");
  if (!uri.starts_with(kScheme)) return Malformed("URI SAN is no SPIFFE id");
  const std::vector<std::string_view> segments =
      Split(uri.substr(kScheme.size()));
  if (segments[0] != trust_domain) return Malformed("other trust domain");
  for (const std::string_view segment : segments) {
    if (!IsSegment(segment)) return Malformed("malformed SPIFFE path");
  }
  if (segments.size() < 3) return Malformed("SPIFFE path is too short");
  const std::optional<Role> role = RoleByName(segments[1]);
  if (!role.has_value()) return Malformed("SPIFFE path names no known role");
  const bool in_shop = *role == Role::kTerminal || *role == Role::kDisplay;
  if (segments.size() != (in_shop ? 4u : 3u)) {
    return Malformed("SPIFFE path has a wrong number of segments");
  }
  Peer peer;
  peer.role = *role;
  peer.spiffe_id = std::string(uri);
  if (in_shop) peer.shop = std::string(segments[2]);
  peer.id = std::string(segments.back());
  return peer;
}

std::string ServiceSpiffeId(std::string_view trust_domain,
                            std::string_view name) {
  std::string id(kScheme);
  id.append(trust_domain).append("/svc/").append(name);
  return id;
}

}  // namespace shiming::rpc
