// Package rotate is the set of files that tcpdump's options -C, -G and -W make
// of one recording.
//
// What is written must be able to begin anew in each file, so the caller is
// asked to, between two packets:
//
//	turn, err := files.Turn(time.Now(), w.Size())
//	if turn {
//		// write and flush what ends the old file
//		err = files.Next()
//		// write what begins the new one
//	}
package rotate
