#include "services/terminal_session/store/testing/demo_shop.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/totp.h"
#include "common/ids/ids.h"
#include "common/status/check.h"
#include "ledger/entry.h"
#include "services/terminal_session/store/schema.h"
#include "shiming/terminal/v1/terminal_service.pb.h"
#include "storage/outbox/fake_ledger.h"
#include "storage/sql/migration.h"

namespace shiming::terminal_session::testing {
namespace {

constexpr char kHashPrefix[] = "$argon2id$v=19$m=65536,t=2,p=1$";

std::string PasswordOf(const std::string& clerk) {
  return "password of " + clerk;
}

// A stand-in for argon2id: the hash of the password as text.
std::string HashOf(std::string_view password) {
  return kHashPrefix + crypto::ToHex(crypto::Sha256(password));
}

crypto::Secret SeedOf(const std::string& clerk) {
  return crypto::Secret(
      crypto::Sha256(clerk).substr(0, crypto::kTotpSeedBytes));
}

crypto::Secret Fill(char c) { return crypto::Secret(std::string(32, c)); }

std::pair<std::string, std::string> Split(const std::string& device) {
  const size_t slash = device.find('/');
  SHIMING_CHECK(slash != std::string::npos, "a device is <shop>/<id>");
  return {device.substr(0, slash), device.substr(slash + 1)};
}

SignInDesk::DummyCredentials Dummy(const CredentialBox& box) {
  return {.password_hash = HashOf("nobody's"),
          .sealed_totp_seed = *box.Seal("", std::string(20, '0'))};
}

void MigrateAll(sql::Database& database) {
  SHIMING_CHECK(sql::Migrate(database, outbox::Outbox::Migrations(),
                             outbox::Outbox::kSchema)
                    .ok(),
                "outbox");
  SHIMING_CHECK(sql::Migrate(database, requests::IdempotencyKeys::Migrations(),
                             requests::IdempotencyKeys::kSchema)
                    .ok(),
                "requests");
  SHIMING_CHECK(sql::Migrate(database, Migrations(), kSchema).ok(),
                "terminal_session");
}

}  // namespace

DemoShop::Parts::Parts(DemoShop& shop)
    : faults(shop.database_.database()),
      outbox({.source = "terminal_session", .clock = shop.clock_}),
      requests({.clock = shop.clock_}),
      terminal_metrics(shop.metrics_),
      tokens(Fill('t')),
      credentials(Fill('c'), shop.random_),
      guards(Fill('g')),
      page_tokens(Fill('p')),
      passwords({.verify =
                     [](const std::string& hash, const crypto::Secret& p) {
                       return hash == HashOf(p.Reveal());
                     },
                 .metrics = shop.metrics_}),
      enrollment_store({.database = faults,
                        .outbox = outbox,
                        .requests = requests,
                        .guards = guards}),
      sign_in_store(
          {.database = faults, .outbox = outbox, .requests = requests}),
      session_store(
          {.database = faults, .outbox = outbox, .requests = requests}),
      end_store({.database = faults, .outbox = outbox, .requests = requests}),
      enrollment({.store = enrollment_store,
                  .credentials = credentials,
                  .page_tokens = page_tokens,
                  .after_commit = {.event = [] {}, .end = [] {}}}),
      sign_in({.store = sign_in_store,
               .passwords = passwords,
               .tokens = tokens,
               .credentials = credentials,
               .guards = guards,
               .metrics = terminal_metrics,
               .random = shop.random_,
               .dummy = Dummy(credentials),
               .shift_time = absl::Hours(12),
               .lock_policy = {},
               .after_commit = {.event = [] {}, .end = [] {}}}),
      sessions({.store = session_store,
                .tokens = tokens,
                .metrics = terminal_metrics,
                .random = shop.random_,
                .session_time = absl::Minutes(30),
                .nonce_time = absl::Seconds(120),
                .after_commit = {.event = [] {}, .end = [] {}}}) {}

DemoShop::DemoShop() : pool_(std::make_unique<boost::asio::thread_pool>(2)) {
  MigrateAll(database_.database());
  parts_ = std::make_unique<Parts>(*this);
}

DemoShop::~DemoShop() {
  parts_.reset();
  pool_->join();
}

void DemoShop::Restart() {
  parts_.reset();
  database_.Reopen();
  MigrateAll(database_.database());
  parts_ = std::make_unique<Parts>(*this);
}

void DemoShop::Keep(const std::string& name) {
  parts_.reset();
  database_.Keep(name);
  parts_ = std::make_unique<Parts>(*this);
}

void DemoShop::PutBack(const std::string& name) {
  parts_.reset();
  database_.PutBack(name);
  MigrateAll(database_.database());
  parts_ = std::make_unique<Parts>(*this);
}

void DemoShop::EnrollAll() {
  const auto must = [](const absl::StatusOr<SubjectView>& subject) {
    SHIMING_CHECK(subject.ok(), "enrollment of the demo shop");
  };
  for (const std::string shop : {"s1", "s2"}) must(Enroll(ShopContent(shop)));
  for (const std::string number : {"1", "2"}) {
    must(Enroll(TerminalContent("s1/t" + number)));
    must(Enroll(DisplayContent("s1/d" + number, "t" + number)));
  }
  must(Enroll(TerminalContent("s2/t1")));
  must(Enroll(DisplayContent("s2/d1", "t1")));
  must(Enroll(ClerkContent("wang", "s1")));
  must(Enroll(ClerkContent("li", "s1")));
  must(Enroll(ClerkContent("zhao", "s2")));
}

const crypto::SigningKey& DemoShop::Key(const std::string& device,
                                        const std::string& use) {
  const std::string name = device + " " + use;
  if (!keys_.contains(name)) NewKey(device, use);
  return keys_.at(name);
}

void DemoShop::NewKey(const std::string& device, const std::string& use) {
  keys_.insert_or_assign(device + " " + use,
                         *crypto::SigningKey::GenerateP256());
}

DevicePeer DemoShop::Peer(const std::string& device) {
  const auto [shop, id] = Split(device);
  return {.device = {shop, id}, .key_sha256 = Key(device).Public().Hash()};
}

Mutation DemoShop::Request(const std::string& caller, const std::string& method,
                           const std::string& content) {
  return Repeat(caller, NewUuid(random_), method, content);
}

Mutation DemoShop::Repeat(const std::string& caller,
                          const std::string& request_id,
                          const std::string& method,
                          const std::string& content) {
  return {.caller = "spiffe://shiming.test/" + caller,
          .method = "/test/" + method,
          .request_id = request_id,
          .content_hash = crypto::Sha256(content),
          .trace_id = std::string(32, 'a'),
          .now = clock_.Now()};
}

terminal::v1::ProposalContent DemoShop::ShopContent(const std::string& shop) {
  terminal::v1::ProposalContent content;
  content.mutable_shop()->set_shop_id(shop);
  content.mutable_shop()->set_name("营业厅 " + shop);
  content.mutable_shop()->set_region("31");
  content.mutable_shop()->set_always_open(true);
  content.mutable_shop()->add_network_zones("192.0.2.0/24");
  return content;
}

terminal::v1::ProposalContent DemoShop::TerminalContent(
    const std::string& terminal) {
  const auto [shop, id] = Split(terminal);
  terminal::v1::ProposalContent content;
  content.mutable_terminal()->set_shop_id(shop);
  content.mutable_terminal()->set_terminal_id(id);
  content.mutable_terminal()->set_tls_public_key(Key(terminal).PublicDer());
  content.mutable_terminal()->set_evidence_public_key(
      Key(terminal, "evidence").PublicDer());
  return content;
}

terminal::v1::ProposalContent DemoShop::DisplayContent(
    const std::string& display, const std::string& terminal) {
  const auto [shop, id] = Split(display);
  terminal::v1::ProposalContent content;
  content.mutable_display()->set_shop_id(shop);
  content.mutable_display()->set_display_id(id);
  content.mutable_display()->set_tls_public_key(Key(display).PublicDer());
  content.mutable_display()->set_terminal_id(terminal);
  return content;
}

terminal::v1::ProposalContent DemoShop::ClerkContent(const std::string& clerk,
                                                     const std::string& shop) {
  terminal::v1::ProposalContent content;
  content.mutable_clerk()->set_clerk_id(clerk);
  content.mutable_clerk()->set_shop_id(shop);
  content.mutable_clerk()->set_role(ClerkRole::CLERK_ROLE_CLERK);
  content.mutable_clerk()->set_password_hash(HashOf(PasswordOf(clerk)));
  content.mutable_clerk()->set_totp_seed(std::string(SeedOf(clerk).Reveal()));
  return content;
}

absl::StatusOr<SubjectView> DemoShop::Enroll(
    const terminal::v1::ProposalContent& content) {
  auto proposed =
      Run(enrollment().Propose(Request("admin/a1"), "/admin/a1", content));
  if (!proposed.ok()) return proposed;
  return Run(enrollment().Approve(Request("admin/a2"), "/admin/a2",
                                  crypto::ToHex(proposed->record.digest)));
}

absl::StatusOr<SubjectView> DemoShop::Revoke(SubjectKind kind,
                                             const std::string& id) {
  return Run(
      enrollment().Revoke(Request("admin/a1"), "/admin/a1", kind, id, "test"));
}

std::string DemoShop::Code(const std::string& clerk, int64_t steps) {
  return crypto::Totp(SeedOf(clerk), crypto::TotpStep(clock_.Now()) + steps);
}

SignInAttempt DemoShop::Attempt(const std::string& terminal,
                                const std::string& clerk) {
  return {.mutation = Request("terminal/" + terminal, "SignIn", clerk),
          .terminal = Peer(terminal),
          .address = "192.0.2.7",
          .clerk_id = clerk,
          .password = crypto::Secret(PasswordOf(clerk)),
          .totp = Code(clerk)};
}

absl::StatusOr<SignedIn> DemoShop::SignIn(const std::string& terminal,
                                          const std::string& clerk) {
  auto signed_in = Run(sign_in().SignIn(Attempt(terminal, clerk)));
  clock_.Advance(absl::Seconds(30));
  return signed_in;
}

TerminalCall DemoShop::Call(const std::string& terminal,
                            const std::string& token) {
  return {.mutation = Request("terminal/" + terminal),
          .terminal = Peer(terminal),
          .shift_token = token};
}

std::vector<std::string> DemoShop::Entries() {
  std::vector<std::string> entries;
  const absl::Status status = database_.database().ReadBlocking(
      [&](sql::Snapshot& snapshot) -> absl::Status {
        const auto rows = snapshot.Query(
            "SELECT entry FROM outbox_events WHERE state = 0"
            " ORDER BY event_us, aggregate, version",
            {});
        if (!rows.ok()) return rows.status();
        entries.clear();
        for (const sql::Row& row : *rows) entries.push_back(row.Bytes(0));
        return absl::OkStatus();
      });
  SHIMING_CHECK(status.ok(), "reading the outbox");
  return entries;
}

std::vector<ledger::v1::Event> DemoShop::Events() {
  std::vector<ledger::v1::Event> events;
  for (const std::string& entry : Entries()) {
    SHIMING_CHECK(events.emplace_back().ParseFromString(entry), "an entry");
  }
  return events;
}

std::vector<std::string> DemoShop::NotAcceptedByLedger() {
  outbox::FakeLedger ledger("terminal_session");
  for (const ledger::v1::Event& event : Events()) {
    for (const EventId& after : event.after()) {
      if (after.source() == "terminal_session") continue;
      // What other services have written: all that is needed, from version 1.
      for (int64_t version = 1; version <= after.version(); ++version) {
        ledger::v1::Event foreign;
        *foreign.mutable_id() = after;
        foreign.mutable_id()->set_version(version);
        ledger.AppendDirectly(foreign);
      }
    }
  }
  std::vector<std::string> waiting = Entries();
  for (const std::string& entry : waiting) {
    const auto parsed = ledger::ParseEntry(entry);
    SHIMING_CHECK(parsed.ok(), "an entry has the ledger's form");
  }
  size_t before = 0;
  do {
    before = waiting.size();
    std::vector<std::string> still;
    for (const std::string& entry : waiting) {
      const auto outcomes = Run(ledger.Append({entry}, absl::InfiniteFuture()));
      SHIMING_CHECK(outcomes.ok(), "the fake ledger answers");
      if ((*outcomes)[0].state != outbox::EventOutcome::State::kSequenced) {
        still.push_back(entry);
      }
    }
    waiting = std::move(still);
  } while (waiting.size() < before);
  std::vector<std::string> names;
  for (const std::string& entry : waiting) {
    ledger::v1::Event event;
    SHIMING_CHECK(event.ParseFromString(entry), "an entry");
    names.push_back(event.ShortDebugString());
  }
  return names;
}

std::vector<std::string> DemoShop::Kinds(const std::string& aggregate) {
  std::vector<std::string> kinds;
  for (const ledger::v1::Event& event : Events()) {
    if (event.id().aggregate() != aggregate) continue;
    kinds.push_back(ledger::v1::EventKind_Name(event.kind())
                        .substr(std::string_view("EVENT_KIND_").size()));
  }
  return kinds;
}

std::vector<std::string> DemoShop::Ends() {
  std::vector<std::string> ends;
  const auto records = Run(end_store().ReadEnds(0, 1000));
  SHIMING_CHECK(records.ok(), "reading ends");
  for (const EndRecord& end : *records) {
    ends.push_back(absl::StrCat(
        terminal::v1::EndKind_Name(static_cast<terminal::v1::EndKind>(end.kind))
            .substr(std::string_view("END_KIND_").size()),
        " ", end.id, " ",
        ledger::v1::SessionEnd_Name(end.end).substr(
            std::string_view("SESSION_END_").size())));
  }
  return ends;
}

}  // namespace shiming::terminal_session::testing
