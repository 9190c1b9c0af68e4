# Counts the instructions of each kernel in what `cuobjdump -sass` prints:
#
#       code for sm_90
#               Function : _ZN4adit…adit_hash_leaves…
#       .headerflags    …
#               /*0000*/                   LDC R1, c[0x0][0x28] ;    /* 0x00000a00ff017b82 */
#                                                                    /* 0x000fe40000000800 */
#
# One line a kernel: architecture, set, kernel, instructions, of them IMAD (the pipe that multiplies) and of the ALU
# pipe (IADD3, LOP3, SHF, PRMT, LEA, ISETP, SEL, VABSDIFF, IMNMX). NOPs that pad a kernel do not count.
/^[ \t]*code for / { arch = $3 }
/Function :/ {
    set = match($0, /eq[0-9]+_[0-9]+|trial/) ? substr($0, RSTART, RLENGTH) : "-"
    name = match($0, /adit_(hash_leaves|hash_alone|round_[0-9]+|last|expand)|wide_arithmetic|arithmetic|store_runs|add_global|add_shared|copy_words/) \
        ? arch " " set " " substr($0, RSTART, RLENGTH) : arch " - ?"
    # Several instances of one template, and of one kernel in several sets, keep apart by their number.
    number[name]++
    if (number[name] > 1) name = name "#" number[name]
}
/^[ \t]*\/\*[0-9a-f]+\*\/[ \t]+[@A-Z{]/ {
    if (name == "") next
    line = $0
    sub(/^[ \t]*\/\*[0-9a-f]+\*\/[ \t]+/, "", line)
    sub(/^\{[ \t]*/, "", line)
    sub(/^@!?U?P[0-9T]+[ \t]+/, "", line)
    match(line, /^[A-Z0-9]+/)
    operation = substr(line, RSTART, RLENGTH)
    if (operation == "NOP") next
    all[name]++
    if (operation == "IMAD") imad[name]++
    if (operation ~ /^(IADD3|LOP3|SHF|PRMT|LEA|ISETP|SEL|VABSDIFF|IMNMX)$/) alu[name]++
}
END { for (n in all) print n, all[n], imad[n] + 0, alu[n] + 0 }
