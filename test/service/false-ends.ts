/** Ends of data that some server has taken, or takes, for one: SMTP ends a message with CR LF . CR LF alone. */
export const FALSE_ENDS = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r\n.\r',
  '\r.\r\n',
  '\r.\n',
  '\n.\r',
  '\n\n.\r\n',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
  '\r\n.\r\0\n',
  '\r\0\n.\r\n',
  '\r\r\n.\r\n',
  '\r\n.\r\r\n',
  '\r\n.\n\n',
  '\n\r.\n\r',
  '\n\r\n.\n\r\n',
  '\n..\r\n',
  '\r..\r\n',
] as const;

/** What a smuggler writes behind such an end. */
export const SMUGGLED = 'MAIL FROM:<admin@office.example>\r\nRCPT TO:<bob@office.example>\r\nDATA\r\nforged';
