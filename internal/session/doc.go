// Package session owns the rules of a sign-in's life: opening, refreshing, authenticating, listing and ending sessions.
// It must not know HTTP, cookies, SQL or where settings come from.
//
// # The rotation rule
//
// A session row carries a generation counter n, whether a token of generation n was used (presented to any route),
// and sent: when the refresh token of generation n was last sent by a refresh. Decide is the whole rule; G is
// Settings.Grace, and every distance in time is taken without its sign, so that a clock that steps back neither
// reopens a window nor holds a session for longer than the window is wide.
//
//	presented  state                            outcome             why
//	n          sent at least 2G ago             Rotated             the normal case: one conditional update moves n to n+1
//	n          sent less than 2G ago            Held                answers of the last move may still be under way; a rotation
//	                                                                now could be undone in the jar by one of them
//	n-1        no token of n was used           ReplayedUnused      the answer with n was lost, however long ago
//	n-1        n used, sent less than G ago     ReplayedConcurrent  parallel tabs: the others asked before they saw the answer
//	else                                        Reused              two parties hold the chain: the session ends
//
// Both replays send the same refresh token of generation n, byte for byte, signed anew from the facts in the row.
// With G = 0 nothing is held and no concurrent replay is accepted.
package session
