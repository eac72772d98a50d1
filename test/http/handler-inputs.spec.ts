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
    ['keyed', { places: expect.arrayContaining(['params', 'query', 'hosts']) }],
    ['headers', { headers: expect.arrayContaining(['accept', 'x-b']) }],
    ['next', { answersByItself: true }],
    ['response', { answersByItself: true }],
    ['passthrough', { answersByItself: true }],
    ['undecorated', { takesMore: true }],
  ] as const)('is told by its parameters, also in a subclass: %s', (method, told) => {
    const inputs = { answersByItself: false, takesMore: false, headers: [], places: [], ...told };
    expect(inputsOf(Handlers, method, Handlers.prototype[method])).toEqual(inputs);
    expect(inputsOf(Inheriting, method, Handlers.prototype[method])).toEqual(inputs);
  });
});
