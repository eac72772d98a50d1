import { describe, expect, it } from '@jest/globals';
import { Get, Headers, HostParam, Next, Param, Query, Res } from '@nestjs/common';
import { inputsOf } from '../../lib/http/handler-inputs.js';

class Handlers {
  @Get()
  keyed(@Param() _all: object, @Param('id') _id: string, @Query() _query: object, @HostParam('zone') _zone: string) {}

  @Get()
  headers(@Headers('Accept') _accept: string, @Headers('x-b') _b: string) {}

  @Get()
  next(@Next() _next: () => void) {}

  @Get()
  response(@Res() _response: object) {}

  @Get()
  passthrough(@Res({ passthrough: true }) _response: object, @Next() _next: () => void) {}

  @Get()
  undecorated(_id: string) {}
}

class Inheriting extends Handlers {}

describe('What a handler takes', () => {
  it.each([
    ['keyed', { answersByItself: false, takesMore: false, headers: [] }],
    ['headers', { answersByItself: false, takesMore: false, headers: expect.arrayContaining(['accept', 'x-b']) }],
    ['next', { answersByItself: true, takesMore: false, headers: [] }],
    ['response', { answersByItself: true, takesMore: false, headers: [] }],
    ['passthrough', { answersByItself: false, takesMore: false, headers: [] }],
    ['undecorated', { answersByItself: false, takesMore: true, headers: [] }],
  ] as const)('is told by its parameters, also in a subclass: %s', (method, inputs) => {
    expect(inputsOf(Handlers, method, Handlers.prototype[method])).toEqual(inputs);
    expect(inputsOf(Inheriting, method, Handlers.prototype[method])).toEqual(inputs);
  });
});
