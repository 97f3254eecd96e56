#include "services/identity_verification/core/person_file.h"

#include <utility>

#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming::identity_verification {

using boost::asio::awaitable;

namespace {

// An erasure takes a second or so.
constexpr absl::Duration kErasureTime = absl::Seconds(2);

absl::Status UnderWay() {
  return MakeError(Reason::ERASURE_UNDER_WAY, "the person is being erased",
                   {.retry_delay = kErasureTime});
}

}  // namespace

awaitable<absl::StatusOr<PreparedPerson>> PersonFile::Prepare(
    const identity::CardBlock& card) const {
  std::string alias = identity::PersonAlias(deps_.index_key, card.number);
  CO_ASSIGN_OR_RETURN(const std::optional<KnownPerson> known,
                      co_await deps_.store.FindPerson(alias));
  absl::StatusOr<PreparedPerson> person = absl::UnknownError("");
  if (known.has_value() && known->erasing) co_return UnderWay();
  if (known.has_value()) {
    person = co_await Open(*known, alias);
  } else {
    person = co_await MakeNew();
  }
  CO_RETURN_IF_ERROR(person.status());
  person->change.alias = std::move(alias);
  CO_ASSIGN_OR_RETURN(
      person->change.sealed_record,
      deps_.vault.SealPerson(person->data_key, person->change.person_id,
                             identity::PersonRecordOf(card)));
  co_return person;
}

awaitable<absl::StatusOr<PreparedPerson>> PersonFile::MakeNew() const {
  PreparedPerson person;
  person.change.person_id = NewId(deps_.random);
  person.change.is_new = true;
  person.data_key = deps_.vault.NewDataKey();
  CO_ASSIGN_OR_RETURN(
      const std::string wrapped,
      deps_.vault.Wrap(person.data_key, person.change.person_id));
  CO_RETURN_IF_ERROR(co_await deps_.keys.Add(person.change.person_id, wrapped));
  co_return person;
}

awaitable<absl::StatusOr<PreparedPerson>> PersonFile::MakeKeyAgain(
    const std::string& person_id) const {
  PreparedPerson person;
  person.change.person_id = person_id;
  person.data_key = deps_.vault.NewDataKey();
  CO_ASSIGN_OR_RETURN(const std::string wrapped,
                      deps_.vault.Wrap(person.data_key, person_id));
  const absl::Status added = co_await deps_.keys.Add(person_id, wrapped);
  if (added.ok()) co_return person;
  // Another session of the same person may have made it just now.
  absl::StatusOr<std::optional<crypto::Secret>> other =
      co_await DataKeyOf(person_id);
  CO_RETURN_IF_ERROR(other.status());
  if (!other->has_value()) co_return added;
  person.data_key = *std::move(*other);
  co_return person;
}

awaitable<absl::StatusOr<PreparedPerson>> PersonFile::Open(
    const KnownPerson& known, const std::string& alias) const {
  const std::string person_id = known.person_id;
  absl::StatusOr<std::optional<crypto::Secret>> data_key =
      co_await DataKeyOf(person_id);
  CO_RETURN_IF_ERROR(data_key.status());
  if (!data_key->has_value() && known.lost) {
    co_return co_await MakeKeyAgain(person_id);
  }
  if (!data_key->has_value()) {
    CO_ASSIGN_OR_RETURN(const std::optional<KnownPerson> now,
                        co_await deps_.store.FindPerson(alias));
    if (!now.has_value() || now->erasing || now->person_id != person_id) {
      co_return UnderWay();  // erased since it was found
    }
    // The key store is older than the database.
    Log(Severity::kError, "a known person's data key is missing",
        {{"person_id", person_id}});
    co_return MakeError(Reason::INTERNAL_ERROR, "data key is missing");
  }
  PreparedPerson person;
  person.change.person_id = person_id;
  person.data_key = *std::move(*data_key);
  co_return person;
}

awaitable<void> PersonFile::Discard(const PersonChange& change) const {
  if (!change.is_new) co_return;
  const absl::Status status = co_await deps_.keys.Destroy(change.person_id);
  if (!status.ok()) {
    Log(Severity::kWarning, "an unused data key stays",
        {{"person_id", change.person_id}});
  }
}

awaitable<absl::StatusOr<std::optional<crypto::Secret>>> PersonFile::DataKeyOf(
    const std::string& person_id) const {
  CO_ASSIGN_OR_RETURN(const std::optional<std::string> wrapped,
                      co_await deps_.keys.Find(person_id));
  if (!wrapped.has_value()) co_return std::optional<crypto::Secret>();
  CO_ASSIGN_OR_RETURN(crypto::Secret key,
                      deps_.vault.Unwrap(*wrapped, person_id));
  co_return std::optional<crypto::Secret>(std::move(key));
}

}  // namespace shiming::identity_verification
