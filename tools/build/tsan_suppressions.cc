// Read by the ThreadSanitizer runtime at start.
#if defined(__SANITIZE_THREAD__)
// The reference counts in Asio's type-erased executors are ordered by
// std::atomic_thread_fence, which ThreadSanitizer does not understand: it takes
// the last owner's delete for a race with the others' decrements. Those of
// absl::Status are in Debian's library, which is not instrumented; the last two
// lines are for where its frame has been optimised away.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:boost::asio::execution::detail::shared_target_executor\n"
         "race:boost::asio::execution::detail::any_executor_base\n"
         "race:absl::debian3::Status::UnrefNonInlined\n"
         "race:absl::debian3::status_internal::Payload\n"
         "race:std::optional<absl::debian3::StatusOr\n";
}
#endif
