// From a callback to a coroutine, without gRPC. The bridge that the gRPC
// adapter and other callback-style code stand on.
#ifndef SHIMING_COMMON_RPC_AWAIT_CALLBACK_H_
#define SHIMING_COMMON_RPC_AWAIT_CALLBACK_H_

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace shiming::rpc {

// Runs start(done), where done is a std::function<void(T)>, and resumes the
// awaiting coroutine on its own executor with the value that done is given.
// `done` must be called exactly once, from any thread, also inside start. The
// awaitable does nothing until it is awaited. If the loop has been stopped the
// coroutine is destroyed instead of resumed.
template <class T, class Start>
boost::asio::awaitable<T> AwaitCallback(Start start) {
  namespace asio = boost::asio;
  auto initiate = [](auto handler, Start begin) {
    auto executor = asio::get_associated_executor(handler);
    // std::function must be copyable, the handler is not.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    begin(std::function<void(T)>(
        [shared = std::move(shared), executor](T value) mutable {
          asio::post(executor, [shared = std::move(shared),
                                value = std::move(value)]() mutable {
            std::move (*shared)(std::move(value));
          });
        }));
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      std::move(initiate), asio::use_awaitable, std::move(start));
}

}  // namespace shiming::rpc

#endif  // SHIMING_COMMON_RPC_AWAIT_CALLBACK_H_
