// What a handler of a server-streaming method writes to. Free of gRPC.
#ifndef SHIMING_COMMON_RPC_STREAM_WRITER_H_
#define SHIMING_COMMON_RPC_STREAM_WRITER_H_

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace shiming::rpc {

// Shared by a stream, its handler and whoever wakes the handler. Thread-safe.
class StreamSignal {
 public:
  virtual ~StreamSignal() = default;

  // Ends a Wait() that is under way, or the next one if there is none. May be
  // called by anyone at any time, also after the stream has ended.
  virtual void Wake() = 0;

  // True once the client has gone, its deadline has passed or the server
  // drains. Never becomes false again.
  virtual bool cancelled() const = 0;
};

// A handler that watches something looks like this:
//
//   auto subscription = hub.Subscribe(
//       [signal = writer.signal()] { signal->Wake(); });
//   while (!writer.cancelled()) {
//     ... if there is news: if (!co_await writer.Write(news)) break;
//     co_await writer.Wait(absl::Seconds(30));
//   }
//   co_return absl::OkStatus();
//
// Belongs to one coroutine: only signal() may be used from elsewhere. Valid
// until the handler returns.
class StreamWriterBase {
 public:
  virtual ~StreamWriterBase() = default;

  // As StreamSignal::cancelled. A handler ends soon after it turns true.
  bool cancelled() const { return signal()->cancelled(); }

  // Sleeps until Wake(), cancellation or `timeout`, whichever is first; may
  // also return early for no reason.
  virtual boost::asio::awaitable<void> Wait(absl::Duration timeout) = 0;

  // For those who wake this handler; may be kept for any time.
  virtual std::shared_ptr<StreamSignal> signal() const = 0;
};

template <class Response>
class StreamWriter : public StreamWriterBase {
 public:
  // Sends one message. False when it could not be sent because the stream is
  // over; nothing can be sent after that.
  virtual boost::asio::awaitable<bool> Write(const Response& response) = 0;
};

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_STREAM_WRITER_H_
