#include "tools/shiming_terminal/commands.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/crypto/encoding.h"
#include "common/files/file.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "tools/shiming_terminal/device.h"
#include "tools/shiming_terminal/issuance.h"
#include "tools/shiming_terminal/qr_code.h"
#include "tools/shiming_terminal/synthetic_customer.h"
#include "tools/shiming_terminal/synthetic_stock.h"

ABSL_FLAG(std::string, config, "", "the device's configuration file");
ABSL_FLAG(std::string, kind, "", "keys: terminal or display");
ABSL_FLAG(std::string, out, "", "folder to write to");
ABSL_FLAG(int64_t, counter, 0, "customer: which one, 0 and up");
ABSL_FLAG(int64_t, first, 0, "stock: number of the first item");
ABSL_FLAG(int64_t, count, 1000, "stock: how many numbers and ICCIDs");
ABSL_FLAG(std::string, region, "11", "stock: region of the numbers");
ABSL_FLAG(std::string, clerk, "", "issue: clerk id");
ABSL_FLAG(std::string, password_file, "", "issue: the clerk's password");
ABSL_FLAG(std::string, totp_seed_file, "",
          "issue: the clerk's TOTP seed in base32; plays the authenticator");
ABSL_FLAG(std::string, card_block, "", "issue: file of 256 bytes");
ABSL_FLAG(std::string, eid, "", "issue: EID of the phone");
ABSL_FLAG(std::string, imei, "", "issue: IMEI of the phone");
ABSL_FLAG(std::string, profile_type, "", "issue: type of profile to order");
ABSL_FLAG(std::string, receipt, "", "issue: file for the receipt (JSON)");
ABSL_FLAG(std::string, json, "", "issue: file for what was issued (JSON)");
ABSL_FLAG(std::string, demo_out, "", "display: folder for the code's pictures");
ABSL_FLAG(absl::Duration, wait, absl::Minutes(10),
          "issue, display: how long to wait for the other parts");
ABSL_FLAG(std::string, insecure_clock, "",
          "file with an offset in seconds to the time; tests only");

namespace shiming::shiming_terminal {
namespace {

using boost::asio::awaitable;
using nlohmann::json;

// Pixels a QR module in PNG files: at 96 dpi a version 4 code with its quiet
// zone is then 8 cm wide.
constexpr int kPngScale = 8;

std::string Dump(const json& object) {
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

// Runs a coroutine to its end on this thread.
template <class T>
T RunToEnd(awaitable<T> work) {
  boost::asio::io_context loop;
  std::optional<T> result;
  boost::asio::co_spawn(loop, std::move(work),
                        [&result](std::exception_ptr error, T value) {
                          if (error) std::rethrow_exception(error);
                          result.emplace(std::move(value));
                        });
  // gRPC answers come from threads of its own and are posted to the loop.
  auto guard = boost::asio::make_work_guard(loop);
  while (!result.has_value()) loop.run_one();
  return *std::move(result);
}

std::unique_ptr<Clock> MakeClock() {
  const std::string file = absl::GetFlag(FLAGS_insecure_clock);
  if (file.empty()) return std::make_unique<SystemClock>();
  return std::make_unique<OffsetFileClock>(file);
}

// A line of a secrets file, without its end.
absl::StatusOr<crypto::Secret> ReadSecretLine(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  while (!text.empty() && absl::ascii_isspace(text.back())) text.pop_back();
  return crypto::Secret(std::move(text));
}

absl::Status MakeKeys() {
  const std::string out = absl::GetFlag(FLAGS_out);
  const std::string kind = absl::GetFlag(FLAGS_kind);
  std::vector<std::string> names = {"tls"};
  if (kind == "terminal") {
    names.push_back("evidence");
  } else if (kind != "display") {
    return absl::InvalidArgumentError("--kind is terminal or display");
  }
  RETURN_IF_ERROR(MakeFolder(out, FileAccess::kOwner));
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(crypto::SigningKey key,
                     crypto::SigningKey::GenerateP256());
    const crypto::Secret pem = key.ToPem();
    RETURN_IF_ERROR(ReplaceFile(absl::StrCat(out, "/", name, ".key"),
                                pem.Reveal(), FileAccess::kOwner));
    RETURN_IF_ERROR(ReplaceFile(absl::StrCat(out, "/", name, ".pub"),
                                key.Public().ToPem(), FileAccess::kEveryone));
  }
  return absl::OkStatus();
}

absl::Status MakeCustomer() {
  const std::string out = absl::GetFlag(FLAGS_out);
  const int64_t counter = absl::GetFlag(FLAGS_counter);
  const SyntheticCustomer customer = MakeSyntheticCustomer(counter, counter);
  RETURN_IF_ERROR(MakeFolder(out, FileAccess::kOwner));
  RETURN_IF_ERROR(ReplaceFile(absl::StrCat(out, "/card_block.bin"),
                              customer.card_block, FileAccess::kOwner));
  const json phone = {{"eid", customer.eid}, {"imei", customer.imei}};
  return ReplaceFile(absl::StrCat(out, "/phone.json"), Dump(phone),
                     FileAccess::kOwner);
}

absl::Status MakeStock() {
  const std::string out = absl::GetFlag(FLAGS_out);
  const int64_t first = absl::GetFlag(FLAGS_first);
  const int64_t count = absl::GetFlag(FLAGS_count);
  RETURN_IF_ERROR(MakeFolder(out));
  RETURN_IF_ERROR(ReplaceFile(out + "/iccids.csv", IccidsCsv(first, count),
                              FileAccess::kEveryone));
  RETURN_IF_ERROR(
      ReplaceFile(out + "/numbers.csv",
                  NumbersCsv(first, count, absl::GetFlag(FLAGS_region)),
                  FileAccess::kEveryone));
  return ReplaceFile(out + "/device_models.csv", DeviceModelsCsv(),
                     FileAccess::kEveryone);
}

// The customer's receipt: entry, openings and proof, for `receipt verify`.
json ReceiptJson(const order::v1::GetReceiptResponse& receipt) {
  json openings = json::array();
  for (const ledger::v1::CommitmentOpening& opening : receipt.openings()) {
    openings.push_back({{"field", static_cast<int>(opening.field())},
                        {"salt", crypto::Base64(opening.salt())},
                        {"value", crypto::Base64(opening.value())}});
  }
  return {{"entry", crypto::Base64(receipt.receipt().entry())},
          {"openings", openings},
          {"tlog_proof", receipt.receipt().tlog_proof()}};
}

json IssuedJson(const Issued& issued) {
  json timings = json::object();
  for (const StepReport& step : issued.steps) {
    timings[std::string(NameOf(step.step))] =
        absl::ToDoubleMilliseconds(step.took);
  }
  return {{"order_id", issued.order.order_id()},
          {"session_id", issued.order.session_id()},
          {"iccid", issued.order.iccid()},
          {"msisdn_masked", issued.order.msisdn_masked()},
          {"entry_index", issued.receipt.receipt().index()},
          {"timings_ms", timings}};
}

void PrintStep(const StepReport& step) {
  printf("  %d %-9s %7.0f ms  %s\n", static_cast<int>(step.step),
         std::string(NameOf(step.step)).c_str(),
         absl::ToDoubleMilliseconds(step.took), step.text.c_str());
  fflush(stdout);
}

awaitable<absl::StatusOr<Issued>> SignInAndIssue(TerminalDevice& device,
                                                 ClerkCredentials credentials,
                                                 Capture capture,
                                                 const Clock& clock) {
  const absl::Time start = absl::Now();
  CO_ASSIGN_OR_RETURN(
      terminal::v1::Shift shift,
      co_await SignInWithTotp(device.terminal(), credentials, clock));
  const StepReport signed_in{
      Step::kShift, absl::Now() - start,
      absl::StrCat("clerk ", shift.clerk_id(), " signed in at ",
                   shift.shop_id(), "/", shift.terminal_id())};
  PrintStep(signed_in);
  CO_ASSIGN_OR_RETURN(
      Issued issued,
      co_await Issue(device.terminal(), capture,
                     absl::GetFlag(FLAGS_profile_type),
                     absl::Now() + absl::GetFlag(FLAGS_wait), &PrintStep));
  issued.steps.insert(issued.steps.begin(), signed_in);
  co_return issued;
}

absl::Status RunIssue() {
  const std::unique_ptr<Clock> clock = MakeClock();
  ASSIGN_OR_RETURN(std::unique_ptr<TerminalDevice> device,
                   TerminalDevice::Open(absl::GetFlag(FLAGS_config), *clock,
                                        crypto::SystemRandom()));
  ClerkCredentials credentials{.clerk_id = absl::GetFlag(FLAGS_clerk)};
  ASSIGN_OR_RETURN(credentials.password,
                   ReadSecretLine(absl::GetFlag(FLAGS_password_file)));
  ASSIGN_OR_RETURN(crypto::Secret seed,
                   ReadSecretLine(absl::GetFlag(FLAGS_totp_seed_file)));
  ASSIGN_OR_RETURN(std::string seed_bytes, crypto::FromBase32(seed.Reveal()));
  credentials.totp_seed = crypto::Secret(std::move(seed_bytes));
  Capture capture{.eid = absl::GetFlag(FLAGS_eid),
                  .imei = absl::GetFlag(FLAGS_imei)};
  ASSIGN_OR_RETURN(capture.card_block,
                   ReadFile(absl::GetFlag(FLAGS_card_block)));

  ASSIGN_OR_RETURN(Issued issued,
                   RunToEnd(SignInAndIssue(*device, std::move(credentials),
                                           std::move(capture), *clock)));
  if (!absl::GetFlag(FLAGS_receipt).empty()) {
    RETURN_IF_ERROR(ReplaceFile(absl::GetFlag(FLAGS_receipt),
                                Dump(ReceiptJson(issued.receipt)),
                                FileAccess::kOwner));
  }
  if (!absl::GetFlag(FLAGS_json).empty()) {
    RETURN_IF_ERROR(ReplaceFile(absl::GetFlag(FLAGS_json),
                                Dump(IssuedJson(issued)), FileAccess::kOwner));
  }
  return absl::OkStatus();
}

awaitable<absl::StatusOr<RevealedCode>> WaitAndReveal(DisplayDevice& device,
                                                      absl::Time deadline) {
  CO_ASSIGN_OR_RETURN(order::v1::DisplayOrder order,
                      co_await device.display().WaitForOrder(deadline));
  printf("您的号码 / your number: %s   手机 / phone: …%s\n",
         order.msisdn_masked().c_str(), order.eid_suffix().c_str());
  fflush(stdout);
  co_return co_await device.display().Reveal(order.order_id(), deadline);
}

absl::Status WriteDemoFiles(const QrCode& qr, const ActivationCode& code,
                            const std::string& out) {
  RETURN_IF_ERROR(MakeFolder(out, FileAccess::kOwner));
  ASSIGN_OR_RETURN(std::string png, qr.ToPng(kPngScale));
  RETURN_IF_ERROR(
      ReplaceFile(absl::StrCat(out, "/qr.png"), png, FileAccess::kOwner));
  RETURN_IF_ERROR(ReplaceFile(absl::StrCat(out, "/qr.svg"), qr.ToSvg(),
                              FileAccess::kOwner));
  // Written last: whoever waits for it finds the pictures there.
  return ReplaceFile(absl::StrCat(out, "/activation_code.txt"),
                     absl::StrCat(code.str(), "\n"), FileAccess::kOwner);
}

absl::Status RunDisplay() {
  ASSIGN_OR_RETURN(
      std::unique_ptr<DisplayDevice> device,
      DisplayDevice::Open(absl::GetFlag(FLAGS_config), crypto::SystemRandom()));
  ASSIGN_OR_RETURN(RevealedCode revealed,
                   RunToEnd(WaitAndReveal(
                       *device, absl::Now() + absl::GetFlag(FLAGS_wait))));
  ASSIGN_OR_RETURN(QrCode qr, QrCode::Encode(revealed.code.QrPayload()));
  printf("%s请用手机扫描 / scan with the phone. 有效至 / valid until %s\n",
         qr.ToText().c_str(),
         absl::FormatTime("%H:%M:%S", revealed.expire_time,
                          absl::FixedTimeZone(8 * 3600))
             .c_str());
  fflush(stdout);
  const std::string out = absl::GetFlag(FLAGS_demo_out);
  if (out.empty()) return absl::OkStatus();
  printf("demo: the code is also written to files\n");
  return WriteDemoFiles(qr, revealed.code, out);
}

int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  const std::optional<Reason> reason = ReasonOf(status);
  if (reason.has_value()) {
    const ReasonInfo& info = InfoOf(*reason);
    fprintf(stderr, "%s\n%s\n%s\n", std::string(info.name).c_str(),
            std::string(info.zh).c_str(), std::string(info.en).c_str());
  }
  fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

}  // namespace

int RunCommand(const std::string& command) {
  if (command == "keys") return Report(MakeKeys());
  if (command == "customer") return Report(MakeCustomer());
  if (command == "stock") return Report(MakeStock());
  if (command == "issue") return Report(RunIssue());
  if (command == "display") return Report(RunDisplay());
  fputs(kUsage, command == "help" ? stdout : stderr);
  return command == "help" ? 0 : 2;
}

}  // namespace shiming::shiming_terminal
