import { type ArgumentMetadata, BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

/** Lets a text through that says something, and answers 400 to anything else. */
@Injectable()
export class NonEmptyPipe implements PipeTransform<unknown, string> {
  transform(value: unknown, { data }: ArgumentMetadata): string {
    if (typeof value !== 'string' || value.trim() === '') {
      throw new BadRequestException(`"${data}" must be a text that is not empty.`);
    }
    return value.trim();
  }
}
