// Package ratelimit learns the windows of a quota from the answers and paces every request by them.
//
// Procore counts requests in two windows at once: 10 seconds (spike) and 60 minutes (hourly).
// An answer reports one of the two. The lengths are built in, the limits are not.
//
// # The invariant
//
// Let request k be sent at s(k), reach the server at a(k) and be answered at f(k). A window has
// the limit L and the length W. While muster is the only user of the quota,
//
//	the server counts at most as many requests as slots are held, and at most L slots are held.
//
// A slot is held from s(k) until f(k)+W. At time t the server counts requests with t-W < a(k) <= t,
// and in a fixed window only some of these. As s(k) <= a(k) <= f(k), such a request has
// s(k) <= t < f(k)+W: its slot is held. The price is one round trip a window. Rejected: a start at
// s(k)+W plus the least latency seen, which exceeds the limit as soon as the network gets faster.
// A request whose answer was lost counts as answered when the sender gave up.
//
// # What an answer proves
//
// The answer to j says that C = L-Remaining requests counted at a(j). Answers overtake each other,
// so each is read as a statement about its own a(j). Let u be the number of our requests sent so
// far that were not answered by s(j): any of them may have been counted after j.
//
//   - The window has room for at least Remaining-u more requests now. If our count says less, the
//     window was reset or other users left: the share of others shrinks first, then our oldest slots
//     go. The newest C slots stay, and these return no earlier than the server's count falls.
//   - If C exceeds all of our requests that can have counted at a(j), the difference belongs to other
//     users. The highest difference of the last half to whole window counts.
//
// # Resets
//
// A reset is read against the answer's own Date. Both are whole seconds, so the reset is known as
// an earliest and a latest time. A reset more than an hour away is ignored. When our count leaves no
// room and the reset has passed, one request is sent, and its answer proves what has come back.
//
// A reset that comes well before our oldest slot returns cannot be that of a rolling window without
// other users. The hourly window is then fixed, and once a request sent after the reset is answered,
// requests that were answered before the reset count no more.
//
// # The window that is not reported
//
// The documentation names two rules for the reported window: the one that is likelier to be exceeded,
// and the hourly one only when used up. By the first rule a spike report with Remaining r proves r
// requests in an hourly window that was never reported. So no more than that is sent, and when nothing
// is proven, one request asks. By the second rule nothing is proven, and what is in flight is refused
// when the hourly limit shows. So from the smallest documented hourly limit on, only so many requests
// are in flight as use the spike window to the full: one, with answers within 400 ms at 25 in 10 s.
// And a spike report never shrinks our own count in a known hourly window. If both windows run out
// with the same request and the server reports the spike, one request is refused. Rejected: to avoid
// that one too by guessing at which counts an hour may end.
//
// Near its end an hourly window has a reset as close as the spike's. The limit tells the two apart:
// an hourly limit is more than ten times the spike limit, or at least 600.
//
// # Several processes
//
// Processes that name the same Options.Shared count as one sender: each records what it sends and
// hears, and reads the records of the others first. A slot of a dead process is released when the
// time-out of its request is over. A wall clock that jumps shifts at most the return of one window's
// slots. A free place is left for a moment to a waiting process that has sent less lately.
//
// # Pauses
//
// After a Pause (a 429, a 503) one request goes first, and its answer lets the others go. If that
// answer has no rate headers, the number of requests in flight grows by one each round trip, so of an
// unknown limit n about the root of 2n are refused. Rejected: doubling, which refuses up to n.
package ratelimit
