// Package ratelimit learns the windows of a quota from the answers and sets one pace for all workers.
//
// Procore counts requests in two windows at once, 10 seconds (the spike) and 60 minutes (hourly).
// Every answer reports one of them. The lengths are built in, the limits are not.
//
// # The invariant
//
// Let request k be sent at s(k), reach the server at a(k) and be answered at f(k). A window has
// the limit L and the length W. While nobody else uses the quota,
//
//	at any time t the server counts at most as many requests as there are slots held, and at most L are held.
//
// A slot is held from s(k) until f(k)+W. What the server counts at t has t-W < a(k) <= t, in a
// window that rolls; in one with fixed ends it is a part of that. From s(k) <= a(k) <= f(k) follows
// s(k) <= t < f(k)+W: the slot is held. The price is one round trip a window: W/(W+latency) of the
// maximum. Less can't be proven, as nothing tells when between s(k) and f(k) a request was counted.
// (A faster start, at s(k)+W plus the least latency seen, was rejected: it is over the limit as soon
// as the way gets shorter.) A request whose answer was lost counts as answered when it was given up.
//
// # What an answer proves
//
// The answer to j says that at a(j), a time between s(j) and f(j), C = L-Remaining requests counted.
// Answers overtake each other, so each is read as a statement about that time. Let u be how many of
// our requests, sent so far, were not answered by s(j): any of them may have been counted after j.
//
//   - There is room for at least Remaining-u more now: counts only grow by requests that come after
//     a(j). If our own count says less, a fixed window has been reset, or others have left: first
//     what was taken for others' is given up, then the oldest of our own slots. Those that stay are
//     the newest: the server counts the latest C by a, we keep as many by f, and f(k) >= a(k), so
//     ours run out no earlier. The invariant holds on.
//   - If C is more than all of ours that can have counted at a(j), the difference is others'. It is
//     kept at the maximum of the last half to whole window, so that it does not swing; a single answer that shows
//     less brings it down at once. Alone it is never more than 0, whatever the order of the answers.
//
// # Resets
//
// A reset is read against the answer's own Date; both are whole seconds, so it is taken as the
// latest time that they allow. When our count leaves no room and the reset has passed, one request
// is sent to ask: its answer proves (as above) what has come back. That is safe whatever a "reset"
// is, the end of a fixed window or the moment when the oldest request leaves a rolling one, as long
// as none of our slots returned since: then at least that oldest one is held and no longer counted.
//
// When an answer shows more room in the hourly window than slots could have returned, by more than what may not have
// been counted, as a request that was refused, then it is fixed and was reset: what was answered since the reset that
// it had named is counted anew. What was answered so close to it that, by the whole seconds, the hour
// before may have counted it, is taken to count. That holds if the limit stayed what it was; while others use the
// quota, only what the answers prove is sent, and the spike's last place is left free until
// the hourly window is reported again.
//
// # The window that is not reported
//
// The documentation says that the limit "most likely to be exceeded first" is reported. That is
// taken to mean the window with less left, by number or by share. So a report of Remaining for the
// spike proves as much room in the hourly window, known or not, and while the hourly one has not
// been reported no more is sent than was proven; when nothing is proven and nothing in flight, one
// request asks. Otherwise a spike that is always used up would hide an hourly window until it is
// exceeded. The other way round, while only the hourly window is known, Remaining/360 is proven for
// the spike. What is proven is used up by sending, so this costs about a round trip in ten seconds
// until the hourly window shows itself, and nothing afterwards.
//
// Three things can't be known. The first is a tie: both windows run out with the same request, and
// the server then reports the spike. Take two servers with 25 in 10 s. One has nothing else, the
// other 1,300 in fixed hours, one of which ends after our 1,025th request. Requests go out 25 at a
// time, and both report 24, 23, … 0 of the spike, as the hour has never less left; but the 2,326th is
// accepted by the one and refused by the other. Who would never be refused has to leave the spike's
// last place free until an hourly window has shown itself, and uses 24 of 25 where there is none. So it is left
// free only where a tie is likely, which costs next to nothing: hourly limits are round
// numbers, so from the smallest documented one on a request that makes a full hundred never takes
// the spike's last place, counted over an hour that rolls, from the request that opened the hour,
// and from the full hour of the server's clock; nor one that makes the hourly limit of earlier runs.
// The second: if of all answers the one is lost that would have shown the hourly window, one request
// can be refused. And a limit that falls refuses what is in flight.
//
// A fixed hourly window near its end has a reset as close as the spike's, and so has one that rolls
// when the oldest request is about to leave it. A limit known from before tells them apart, or that
// less is used than we have sent in the hour: then it is the spike. Else an unknown limit is read the careful way.
//
// # Several processes
//
// Processes that name the same Options.Shared are one sender, as above: each counts what any of them
// sends and hears the answers of all. A slot whose process has died is released when its
// request's time-out is over. So nothing is over the limit when runs go on side by side, nor when
// one is started right after another was killed. A wall clock that jumps changes at most by when one
// window's slots return, and for a process that is at work not even that: what it had not seen
// before must have happened since.
//
// A place that becomes free is left for a moment to whoever waits and has sent less lately. A place for
// each in turn would cost a wake-up of another process a request.
//
// # Others
//
// After a Pause (a 429, a 503) one request goes first, and its answer sets the others going: no
// herd. If that answer has no rate headers, each of those that follow lets one more go at a time per
// round trip. So at most w requests are under way when w(w+1)/2 of them have been accepted since: of
// a limit of n that nobody tells, about the root of 2n are refused a pause. (Doubling was rejected:
// up to n would be.) Jitter, for others than Options.Shared knows of, is the caller's to add. A
// Reserve is left free of us, whether others use it or not; what they use counts against it.
//
// Only one waiter watches the clock, the first in the queue; it passes the turn on. When the next
// slot is free is a function of the state and the time alone.
package ratelimit
