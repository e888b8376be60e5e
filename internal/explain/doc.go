// Package explain holds the knowledge base: what a drop means, how much it
// matters, which kernel counters rise with it and what to do about it.
//
// The texts are data (data/*.yaml, embedded). [Load] reads them once at program
// start; [Base.Classify] then judges a drop from its facts, and [Base.Lookup]
// finds what is known about a reason, a function, a counter or a devlink trap. A [Base] never
// changes after it was made, so all its methods may be called concurrently.
//
// # Which rule wins
//
// Of the rules that match a drop, the most specific one wins:
//
//  1. a rule for the function, whatever the reason (pieces of a packet);
//  2. reason and function, the one with more conditions first;
//  3. reason and conditions (protocol, transport, flags), more conditions first;
//  4. reason alone.
//
// A drop without a reason is looked up as NOT_SPECIFIED, so a hint by function
// is a rule of the second kind; it may borrow the meaning of another reason.
// Two rules that could both win make the data invalid, so the answer never
// depends on their order. A reason of a subsystem that no rule names is judged
// by its subsystem. What then remains is a loss: nothing unknown is hidden.
//
// What a device dropped has no reason: its devlink trap decides, or else the
// group of the trap.
//
// # Discard codes
//
// Every verdict has a [Discard], sFlow's word for the drop, so that hosts and
// switches speak one vocabulary. A rule gives it; otherwise a reason or trap has
// the code of the same name, a trap that of its group, a reason that of its
// subsystem, and what is left the one for its layer. Where two codes fit, it is
// the one of sFlow's document, which switches know, and not the later one that
// is for the kernel alone: what tc drops is "acl", in the kernel and in a device.
//
// # Counters and culprits
//
// [Base.Reconcile] sets drops against the counters that rose in the same time.
// A counter of a namespace or an interface rises with each of its drops; of the
// counters of objects (rules, queues, sockets, CPUs) one rises for each drop, so
// that drops are divided among them, by their numbers. An object that can be
// the only one to have counted a drop is its [Culprit]. A rule may say what kind
// of culprit its drops have, and give advice with the settings of this host
// (live), which is shown where all of them are known.
package explain
