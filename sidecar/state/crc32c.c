/* SPDX-License-Identifier: Apache-2.0 */
/* crc32c.c - the Castagnoli checksum, four bits at a time. The table takes 64 bytes. A
 * quarter of a megabyte takes about a millisecond, which is fast enough for a rare
 * save. */
#include "format.h"

/* The value to XOR in for each four bits that are shifted out. The polynomial is
 * 0x1EDC6F41, reflected 0x82F63B78. */
static const uint32_t nibbles[16] = {
    0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3,
    0x61C69362, 0x7198540D, 0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
    0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

uint32_t crc32c(uint32_t crc, const void *data, size_t bytes)
{
	const uint8_t *p = data;

	crc = ~crc;
	while (bytes-- > 0) {
		crc ^= *p++;
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return ~crc;
}
