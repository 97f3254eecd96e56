#include "ledger/entry.h"

#include <set>
#include <string>
#include <vector>

#include "common/crypto/commitment.h"
#include "common/status/reason.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"

namespace shiming::ledger {
namespace {

v1::Event GoodEvent() {
  v1::Event event;
  event.set_format(kEntryFormat);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate("order/3f01");
  event.mutable_id()->set_version(1);
  event.set_kind(v1::EVENT_KIND_ORDER_PLACED);
  event.mutable_time()->set_seconds(1700000000);
  event.set_order("3f01");
  event.set_once_key("attestation/1");
  return event;
}

TEST(EntryTest, RoundTripIsCanonical) {
  const std::string bytes = SerializeEvent(GoodEvent());
  const auto event = ParseEntry(bytes);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(SerializeEvent(*event), bytes);
  EXPECT_EQ(EventIdText(event->id()), "profile_order:order/3f01:1");
}

TEST(EntryTest, RefusesOtherSerialisations) {
  const std::string bytes = SerializeEvent(GoodEvent());
  // An unknown field 1000 with value 1 behind the event.
  EXPECT_FALSE(ParseEntry(bytes + std::string("\xC0\x3E\x01")).ok());
  // Field 1 twice: parses to the same event, but is not what we would write.
  EXPECT_FALSE(ParseEntry(std::string("\x08\x01") + bytes).ok());
  EXPECT_FALSE(ParseEntry(bytes.substr(0, bytes.size() - 1)).ok());
  EXPECT_FALSE(ParseEntry("").ok());
  EXPECT_FALSE(ParseEntry(std::string(70000, 'x')).ok());
}

// Every message that an event can hold, itself included.
void AddMessagesOf(google::protobuf::Message& message,
                   std::vector<google::protobuf::Message*>* all) {
  all->push_back(&message);
  const auto* reflection = message.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      AddMessagesOf(*reflection->MutableMessage(&message, field), all);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      AddMessagesOf(*reflection->MutableRepeatedMessage(&message, field, i),
                    all);
    }
  }
}

void AddTypesBelow(const google::protobuf::Descriptor* type,
                   std::set<std::string>* types) {
  if (!types->insert(type->full_name()).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* below = type->field(i)->message_type();
    if (below != nullptr) AddTypesBelow(below, types);
  }
}

void SetPredecessor(v1::Event& event) {
  event.mutable_predecessor()->set_origin("log.example/1");
  event.mutable_predecessor()->set_size(1);
  event.mutable_predecessor()->set_root(std::string(32, 'r'));
}

// Goal: an unknown field anywhere is refused, also in messages that are added
// to Event after this test was written.
TEST(EntryTest, RefusesUnknownFieldsInEveryMessage) {
  v1::Event base = GoodEvent();
  *base.add_after() = base.id();
  base.mutable_after(0)->set_aggregate("order/other");
  base.add_pseudonyms()->set_field(v1::PSEUDONYM_FIELD_EID);
  base.mutable_pseudonyms(0)->set_value(std::string(32, 'p'));
  base.add_commitments()->set_field(v1::COMMITMENT_FIELD_DEVICE);
  base.mutable_commitments(0)->set_sha256(std::string(32, 'c'));
  const auto* details = v1::Event::descriptor()->FindOneofByName("details");
  ASSERT_NE(details, nullptr);
  std::set<std::string> seen;
  for (int i = 0; i < details->field_count(); ++i) {
    v1::Event event = base;
    event.GetReflection()->MutableMessage(&event, details->field(i));
    if (event.has_order_details()) {
      event.mutable_order_details()->mutable_code_expire_time()->set_seconds(9);
    }
    if (event.has_index_sealed()) {
      event.mutable_index_sealed()->add_roots()->set_leaf_count(9);
    }
    if (event.has_predecessor()) SetPredecessor(event);
    ASSERT_TRUE(ParseEntry(SerializeEvent(event)).ok());
    std::vector<google::protobuf::Message*> messages;
    AddMessagesOf(event, &messages);
    for (google::protobuf::Message* message : messages) {
      seen.insert(message->GetDescriptor()->full_name());
      auto* unknown = message->GetReflection()->MutableUnknownFields(message);
      unknown->AddVarint(2000, 1);
      EXPECT_FALSE(ParseEntry(SerializeEvent(event)).ok())
          << message->GetDescriptor()->full_name();
      unknown->Clear();
    }
  }
  std::set<std::string> types;
  AddTypesBelow(v1::Event::descriptor(), &types);
  EXPECT_EQ(seen, types) << "set every message of Event above";
}

TEST(EntryTest, RefusesBadFields) {
  const auto refused = [](auto change) {
    v1::Event event = GoodEvent();
    change(event);
    return HasReason(ParseEntry(SerializeEvent(event)).status(),
                     Reason::LEDGER_MALFORMED_ENTRY);
  };
  EXPECT_TRUE(refused([](v1::Event& e) { e.set_format(2); }));
  EXPECT_TRUE(refused([](v1::Event& e) { e.clear_id(); }));
  EXPECT_TRUE(refused([](v1::Event& e) { e.mutable_predecessor(); }));
  EXPECT_TRUE(refused([](v1::Event& e) {
    SetPredecessor(e);
    e.mutable_predecessor()->set_root("short");
  }));
  EXPECT_TRUE(refused([](v1::Event& e) {
    SetPredecessor(e);
    e.mutable_predecessor()->set_size(0);
  }));
  EXPECT_TRUE(refused([](v1::Event& e) { e.clear_time(); }));
  EXPECT_TRUE(refused([](v1::Event& e) { e.clear_kind(); }));
  EXPECT_TRUE(refused(
      [](v1::Event& e) { e.set_kind(static_cast<v1::EventKind>(999)); }));
  EXPECT_TRUE(refused([](v1::Event& e) { e.mutable_id()->set_version(0); }));
  EXPECT_TRUE(
      refused([](v1::Event& e) { e.mutable_id()->set_aggregate("order"); }));
  EXPECT_TRUE(
      refused([](v1::Event& e) { e.mutable_id()->set_aggregate("Order/1"); }));
  EXPECT_TRUE(refused(
      [](v1::Event& e) { e.mutable_id()->set_aggregate("order/a b"); }));
  EXPECT_TRUE(refused([](v1::Event& e) {
    e.mutable_id()->set_aggregate("order/" + std::string(200, 'a'));
  }));
  EXPECT_TRUE(refused([](v1::Event& e) { *e.add_after() = e.id(); }));
  EXPECT_TRUE(refused([](v1::Event& e) { e.add_after(); }));
  EXPECT_TRUE(
      refused([](v1::Event& e) { e.set_once_key(std::string(161, 'k')); }));
  EXPECT_TRUE(refused([](v1::Event& e) { e.set_shop("a b"); }));
  EXPECT_TRUE(refused([](v1::Event& e) {
    auto* pseudonym = e.add_pseudonyms();
    pseudonym->set_field(v1::PSEUDONYM_FIELD_EID);
    pseudonym->set_value("short");
  }));
  EXPECT_TRUE(refused([](v1::Event& e) {
    for (int i = 0; i < 2; ++i) {
      auto* commitment = e.add_commitments();
      commitment->set_field(v1::COMMITMENT_FIELD_DEVICE);
      commitment->set_sha256(std::string(32, 'c'));
    }
  }));
}

// Goal: no kind can be added to the proto without saying whose it is.
TEST(EntryTest, EveryKindHasASource) {
  const auto* kinds = v1::EventKind_descriptor();
  for (int i = 0; i < kinds->value_count(); ++i) {
    const auto kind = static_cast<v1::EventKind>(kinds->value(i)->number());
    const std::string& name = kinds->value(i)->name();
    EXPECT_EQ(IsKnownKind(kind), kind != v1::EVENT_KIND_UNSPECIFIED) << name;
    int writers = 0;
    for (const char* source :
         {"terminal_session", "identity_verification", "profile_order",
          "appointment", "issuance_ledger"}) {
      if (MayWrite(source, kind)) ++writers;
    }
    const int wanted = kind == v1::EVENT_KIND_UNSPECIFIED         ? 0
                       : kind == v1::EVENT_KIND_DATABASE_REPAIRED ? 3
                                                                  : 1;
    EXPECT_EQ(writers, wanted) << name;
    EXPECT_FALSE(MayWrite("", kind)) << name;
  }
  const auto* fields = v1::CommitmentField_descriptor();
  for (int i = 1; i < fields->value_count(); ++i) {
    EXPECT_FALSE(
        LabelOf(static_cast<v1::CommitmentField>(fields->value(i)->number()))
            .empty());
  }
}

TEST(EntryTest, OpeningsMustOpen) {
  const std::string salt(32, 's');
  v1::Event event = GoodEvent();
  auto* commitment = event.add_commitments();
  commitment->set_field(v1::COMMITMENT_FIELD_DEVICE);
  commitment->set_sha256(
      crypto::Commit(LabelOf(v1::COMMITMENT_FIELD_DEVICE), salt, "device"));
  v1::CommitmentOpening opening;
  opening.set_field(v1::COMMITMENT_FIELD_DEVICE);
  opening.set_salt(salt);
  opening.set_value("device");
  EXPECT_TRUE(CheckOpenings(event, std::vector{opening}).ok());
  opening.set_value("other");
  EXPECT_TRUE(HasReason(CheckOpenings(event, std::vector{opening}),
                        Reason::LEDGER_OPENING_INVALID));
  opening.set_field(v1::COMMITMENT_FIELD_CONSENT);
  EXPECT_FALSE(CheckOpenings(event, std::vector{opening}).ok());
}

}  // namespace
}  // namespace shiming::ledger
